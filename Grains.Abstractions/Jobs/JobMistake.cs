namespace Hearth.Jobs;

/// <summary>What is wrong with a job that was asked for.</summary>
/// <param name="Field">Path of the member, as the HTTP API names it: <c>retry.factor</c>.</param>
/// <param name="Detail">A sentence that says what is wrong and what to do.</param>
public sealed record JobMistake(string Field, string Detail);
