namespace Hearth.Client;

/// <summary>What went wrong in a queue.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Errors">Jobs that failed alike; those with most jobs first.</param>
/// <param name="Cut">There are older ones that were not looked at.</param>
public sealed record QueueErrors(string Queue, IReadOnlyList<ErrorGroup> Errors, bool Cut);

/// <summary>Jobs that failed alike.</summary>
/// <param name="Function">Their function.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Message">What their errors have in common: … stands for what was in quotes, # for numbers and ids.</param>
/// <param name="Failed">Jobs that ended so: dead letters.</param>
/// <param name="Retrying">Jobs whose last attempt failed so, and that wait for the next; of the newest 1,000.</param>
/// <param name="FirstAt">The first of these ends; null when there is none.</param>
/// <param name="LastAt">The last of these ends.</param>
/// <param name="Jobs">Up to three of the jobs.</param>
public sealed record ErrorGroup(
    string Function, string? ErrorType, string Message, int Failed, int Retrying, DateTimeOffset? FirstAt, DateTimeOffset? LastAt, IReadOnlyList<string> Jobs);
