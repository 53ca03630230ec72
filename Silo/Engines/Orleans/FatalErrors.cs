using Orleans.Runtime;

namespace Hearth.Engines;

/// <summary>
/// What Orleans cannot go on after, above all that the membership says this silo is dead, ends the process as it does on the other engine: in
/// order as far as that goes within a second, with exit code 70 instead of a crash dump.
/// </summary>
internal sealed class FatalErrors(SiloEnd end) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) =>
        end.End(string.Join(": ", new[] { "Orleans gives this silo up, which mostly means that it was declared dead", context, exception?.Message }.Where(part => !string.IsNullOrEmpty(part))));
}
