namespace Hearth.Executables;

/// <summary>Starts programs and ends them with everything they started. One implementation for Linux, one for the rest.</summary>
internal interface IRunLauncher
{
    /// <exception cref="IOException">The program could not be started.</exception>
    Task<IRunningProgram> StartAsync(RunRequest request);

    /// <summary>Ends all runs; returns when nothing of them is left, at most after a few seconds.</summary>
    void EndAll();
}

internal interface IRunningProgram : IDisposable
{
    Stream Input { get; }

    Stream Output { get; }

    Stream Error { get; }

    /// <summary>Completes when nothing of the run's tree is left.</summary>
    Task<RunExit> Ended { get; }

    /// <summary>Ends the run's tree; may be called at any time and more than once.</summary>
    void Kill();
}
