namespace Hearth.Executables;

/// <summary>What all executables of a silo share: the supervisor, the protections found, and what they must not see.</summary>
internal sealed partial class ExecutableHost : IAsyncDisposable
{
    private readonly Lazy<Task<Protections>> protections = new(Protections.ProbeAsync);

    /// <param name="logger">For the supervisor's messages; a run's own go to its context's logger.</param>
    /// <param name="leaseStands">
    /// Whether the silo's lease stands. Asked every second; when it has not for 4 s, all runs end. Default: always.
    /// </param>
    /// <param name="hidden">Folders, such as the silo's data, that isolated runs never see.</param>
    public ExecutableHost(ILogger logger, Func<bool>? leaseStands = null, IReadOnlyList<string>? hidden = null)
    {
        Supervisor = new SupervisorClient(leaseStands ?? (() => true), line => LogSupervisor(logger, line));
        Hidden = [.. (hidden ?? []).Select(RealPath.Of)];
    }

    public SupervisorClient Supervisor { get; }

    public IReadOnlyList<string> Hidden { get; }

    /// <summary>What protects here; tried at the first use.</summary>
    public Task<Protections> ProtectionsAsync() => protections.Value;

    /// <summary>The start-up line.</summary>
    public async Task<string> DescribeAsync() => IsolationReport.Describe(await ProtectionsAsync());

    /// <summary>Ends all runs.</summary>
    public ValueTask DisposeAsync() => Supervisor.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Supervisor of executables: {Line}")]
    private static partial void LogSupervisor(ILogger logger, string line);
}
