namespace Hearth.Client;

/// <summary>What went wrong, as Hearth tells it (RFC 9457; docs/reference/problems.md lists them).</summary>
/// <param name="Type"><c>urn:hearth:problem:</c> and a name that never changes.</param>
/// <param name="Title">The same for every occurrence.</param>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="Detail">What happened here, and what to do.</param>
/// <param name="Field">Path of the member that failed, such as <c>input.upTo</c>.</param>
/// <param name="Choices">What is offered instead, or may have been meant.</param>
/// <param name="TraceId">Finds the request in the silo's log.</param>
/// <param name="RetryAfter">When trying again may help.</param>
public sealed record HearthProblem(
    string Type, string Title, int Status, string? Detail = null, string? Field = null, IReadOnlyList<string>? Choices = null, string? TraceId = null,
    TimeSpan? RetryAfter = null)
{
    internal const string Prefix = "urn:hearth:problem:";
}

/// <summary>Hearth refused, or failed to do, what it was asked.</summary>
/// <param name="problem">What it answered.</param>
/// <param name="innerException">Where it came from.</param>
public class HearthException(HearthProblem problem, Exception? innerException = null)
    : Exception((problem ?? throw new ArgumentNullException(nameof(problem))).Detail ?? problem.Title, innerException)
{
    /// <summary>What was answered.</summary>
    public HearthProblem Problem { get; } = problem;

    /// <summary>Whether it is this problem.</summary>
    /// <param name="name">The name at the end of its type, such as <c>unknown-job</c>.</param>
    public bool Is(string name) => Problem.Type == HearthProblem.Prefix + name;
}

/// <summary>Nobody answered: the connection could not be made, was lost, or the time was up.</summary>
/// <param name="endpoint">Where an answer was expected.</param>
/// <param name="wasSent">Whether the request may have arrived: then nobody knows what became of it.</param>
/// <param name="why">In words.</param>
/// <param name="innerException">Where it came from.</param>
public sealed class HearthUnreachableException(Uri endpoint, bool wasSent, string why, Exception? innerException = null)
    : HearthException(
        new HearthProblem(
            HearthProblem.Prefix + "unreachable", "Unreachable", 0,
            wasSent ? $"{endpoint} did not answer, and whether the request was done is not known: {why}" : $"Nothing answers at {endpoint}: {why}"),
        innerException)
{
    /// <summary>Where an answer was expected.</summary>
    public Uri Endpoint { get; } = endpoint;

    /// <summary>Whether the request may have arrived: then nobody knows what became of it.</summary>
    public bool WasSent { get; } = wasSent;
}
