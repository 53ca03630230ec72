namespace Hearth.Tests.Support.Faults;

/// <summary>A job that the store knows.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Key">The client's key of its submission; empty where the store does not keep it.</param>
public sealed record StoredJob(string Job, string Key);

/// <summary>An end that the store holds; a second one for a job is a fault.</summary>
/// <param name="Job">Its id.</param>
/// <param name="End">In the same form as <see cref="ClientHistory.End"/>.</param>
public sealed record StoredEnd(string Job, string End);

/// <summary>Everything that the store holds at the end of a test, after all faults are over and the work is done.</summary>
/// <param name="Jobs">Every accepted job.</param>
/// <param name="Ends">Null where the store knows no ends, and nothing is said about them.</param>
public sealed record StoreDump(IReadOnlyList<StoredJob> Jobs, IReadOnlyList<StoredEnd>? Ends = null);
