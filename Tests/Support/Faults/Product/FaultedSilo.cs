using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A silo process on a store that faults befall, its clients, and the logs of what they were told and of what ran, which lie beside the store.
/// </summary>
internal sealed partial class FaultedSilo : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>A job whose key begins so kills the process that runs it.</summary>
    public const string Killer = "killer";

    private readonly TempFolder beside = new();
    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, string> environment;
    private volatile TaskCompletionSource<SiloProcess> up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(long From, long To)> dark = [];
    private int kills;
    private SiloProcess? silo;

    private FaultedSilo(TestedStore store, IReadOnlyDictionary<string, string>? environment)
    {
        Store = store;
        this.environment = new Dictionary<string, string>(environment ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [EffectLedger.Variable] = beside["effects"],
        };
        Directory.CreateDirectory(beside["effects"]);
        History = new ClientHistory(beside["history"]);
    }

    public TestedStore Store { get; }

    public ClientHistory History { get; }

    /// <summary>The process that serves now.</summary>
    public SiloProcess Process => silo ?? throw new InvalidOperationException("It does not run.");

    /// <summary>How long a job runs.</summary>
    public int Milliseconds { get; set; } = 5;

    /// <summary>Bytes that make a job's input larger.</summary>
    public int Padding { get; set; }

    /// <summary>Jobs that clients were told of.</summary>
    public ConcurrentQueue<string> Acknowledged { get; } = new();

    /// <summary>Jobs whose end a client has read, and when it had.</summary>
    public ConcurrentDictionary<string, long> EndsRead { get; } = new(StringComparer.Ordinal);

    /// <summary>What clients were answered, counted.</summary>
    public IReadOnlyDictionary<string, int> Answers => answers;

    /// <summary>
    /// Cuts the power of the disk, and of the silo and its store with it. What the silo did between the two cuts, which is but one for a
    /// machine, does not count: not its answers, and not the runs that it began.
    /// </summary>
    public async Task CutAsync(FaultDisk disk)
    {
        var from = Stopwatch.GetTimestamp();
        disk.PowerCut(History);
        await KillAsync();
        dark.Add((from, Stopwatch.GetTimestamp()));
        await Store.KillAsync();
    }

    public static async Task<FaultedSilo> StartAsync(TestedStore store, IReadOnlyDictionary<string, string>? environment = null)
    {
        var faulted = new FaultedSilo(store, environment);
        await faulted.StartAsync();
        return faulted;
    }

    public async Task StartAsync()
    {
        silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, Store.Data, environment, [.. Store.Arguments]);
        up.SetResult(silo);
    }

    public async Task KillAsync()
    {
        Down();
        kills++;
        await Process.KillAsync();
        await Process.DisposeAsync();
        silo = null;
    }

    /// <summary>After it has ended by itself.</summary>
    public async Task BuryAsync()
    {
        await Process.Ended;
        Down();
        await Process.DisposeAsync();
        silo = null;
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>A second silo on the same database, with a data folder of its own.</summary>
    public Task<SiloProcess> StartOtherAsync() =>
        SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, beside["other"], environment, [.. Store.Arguments]);

    /// <summary>Waits until the tables have an end for every job, without asking the silo, which might wake it.</summary>
    /// <returns>How long it took.</returns>
    public Task<TimeSpan> AllEndAsync(TimeSpan within) => UntilAsync(
        async () => await Store.CountAsync() is var (jobs, ends) && jobs == ends && jobs > 0, "all jobs have ended", within);

    /// <summary>Waits until something is so.</summary>
    public async Task<TimeSpan> UntilAsync(Func<Task<bool>> isSo, string what, TimeSpan within)
    {
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(50), clock))
        {
            if (await isSo())
                return clock.GetElapsedTime(start);
            if (clock.GetElapsedTime(start) > within)
                Assert.Fail($"Not within {within}: {what} (jobs and ends: {await Store.CountAsync()}). The silo said: {silo?.Output}");
        }
    }

    /// <summary>Waits until so many more than now are acknowledged.</summary>
    /// <returns>How long it took.</returns>
    public Task<TimeSpan> MoreAsync(int count, TimeSpan within)
    {
        var all = History.Acknowledged + count;
        return UntilAsync(() => Task.FromResult(History.Acknowledged >= all), $"{count} more are acknowledged", within);
    }

    /// <summary>What the logs and the tables say.</summary>
    public async Task<Verdict> JudgeAsync() => Judge.Of(ClientHistory.Read(beside["history"]), Effects(), await Store.DumpAsync());

    /// <summary>The runs so far.</summary>
    public IReadOnlyList<Effect> Effects() =>
        [.. EffectLedger.Read(beside["effects"]).Where(run => !IsDark(run.Start))];

    /// <summary>Fails unless all is well: with the logs, the tables and every answer.</summary>
    public async Task<Verdict> HoldsAsync(ITestOutputHelper output)
    {
        var verdict = await JudgeAsync();
        output.WriteLine(Describe(verdict));
        verdict.Holds();
        Assert.DoesNotContain(Effects(), run => EndsRead.TryGetValue(run.Job, out var read) && !IsDark(read) && run.Start > read);
        // No defect, and never a job that had been acknowledged and is unknown.
        Assert.DoesNotContain(answers.Keys, answer => answer.Contains("500", StringComparison.Ordinal) || answer.Contains("404", StringComparison.Ordinal));
        return verdict;
    }

    /// <summary>For the test's output.</summary>
    public string Describe(Verdict verdict) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Store.Name}: {verdict.Acknowledged} acknowledged, {verdict.Lost.Count} lost, {verdict.EndedTwice.Count + verdict.EndChanged.Count} ended twice, {verdict.RunTwice} run twice (most {verdict.RunsMax} of one), {verdict.Unknown} unknown; {kills} kills, {ClientHistory.Read(beside["history"]).Count(line => line.Outcome == Outcome.End)} ends read; answers {string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Key} x{a.Value}"))}");

    public async ValueTask DisposeAsync()
    {
        if (silo is not null)
            await silo.DisposeAsync();
        await Store.DisposeAsync();
        History.Dispose();
        beside.Dispose();
    }

    private bool IsDark(long time) => dark.Exists(d => d.From <= time && time <= d.To);

    private void Down() => up = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
