namespace Hearth.Functions.Payloads;

/// <summary>Why an input was refused.</summary>
/// <param name="Malformed">True: not the notation that it claims to be (400). False: well-formed, but not what the function takes (422).</param>
/// <param name="Detail">A sentence for the caller.</param>
/// <param name="Field">Path of the failing member (<c>$.customer.email</c>), when there is one.</param>
internal sealed record InputError(bool Malformed, string Detail, string? Field = null);
