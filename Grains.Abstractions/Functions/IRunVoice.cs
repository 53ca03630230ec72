using Hearth.Jobs;

namespace Hearth.Functions;

/// <summary>Whoever runs attempts of jobs, and hears what they say of themselves.</summary>
internal interface IRunHost
{
    /// <summary>Whether an attempt may begin now; asked right before its body.</summary>
    bool MayBegin { get; }

    /// <summary>Called when an attempt says something for the first time; most never do.</summary>
    IRunVoice Hear(JobId job, int attempt);
}

/// <summary>What one attempt says of itself. Any thread may, until it has ended; later nobody listens.</summary>
internal interface IRunVoice
{
    void Progress(double percent, string? message);

    void Log(string line);

    /// <summary>Completes when it is stored.</summary>
    Task SaveDetailAsync(string json, CancellationToken cancellationToken);

    /// <summary>What was saved last, by this attempt or one before it; null: nothing.</summary>
    Task<string?> ReadDetailAsync(CancellationToken cancellationToken);

    /// <summary>The attempt has ended.</summary>
    /// <returns>The lines to be kept, as they are stored; null when there are none.</returns>
    string? End();
}
