using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// Several silo processes on one PostgreSQL that faults befall, clients that ask whichever of them answers, and the logs of what they were told
/// and of what ran.
/// </summary>
internal sealed partial class FaultedCluster : IAsyncDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly TempFolder beside = new();
    private readonly ConcurrentDictionary<string, int> answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Member> members = new(StringComparer.Ordinal);
    private readonly StringBuilder former = new();
    private int starts;

    public FaultedCluster(TestedPostgres store)
    {
        Store = store;
        Directory.CreateDirectory(beside["effects"]);
        History = new ClientHistory(beside["history"]);
    }

    public TestedPostgres Store { get; }

    public ClientHistory History { get; }

    /// <summary>How long a job runs.</summary>
    public int Milliseconds { get; set; } = 5;

    /// <summary>Queues that jobs go to, in turns: each is a shard, and they lie on different silos.</summary>
    public int Queues { get; set; } = 8;

    /// <summary>Where it is set, each silo is on the host of its name.</summary>
    public CutNetwork? Network { get; init; }

    /// <summary>Variables of the environment of every silo.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    /// <summary>What clients were answered, counted.</summary>
    public IReadOnlyDictionary<string, int> Answers => answers;

    public Member this[string name] => members[name];

    public static async Task<FaultedCluster> StartAsync(TestedPostgres store, params string[] names)
    {
        var cluster = new FaultedCluster(store);
        foreach (var name in names)
            await cluster.StartAsync(name);
        return cluster;
    }

    /// <summary>Starts a silo, or starts it again.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="more">More of its arguments.</param>
    public async Task StartAsync(string name, params string[] more)
    {
        var environment = new Dictionary<string, string>(Settings, StringComparer.Ordinal) { [EffectLedger.Variable] = beside["effects"] };
        var process = await SiloProcess.StartLaunchedAsync(
            Network?.Launcher(name) ?? [], SiloProcess.Misbehaving,
            beside["data" + Interlocked.Increment(ref starts).ToString(CultureInfo.InvariantCulture)], environment,
            ["--name", name, .. Listening(name), .. Store.Arguments, .. more]);
        if (members.TryGetValue(name, out var before))
            Bury(before);
        members[name] = new Member(process, more);
    }

    public async Task KillAsync(string name)
    {
        members[name].IsAsked = false;
        await members[name].Process.KillAsync();
    }

    public async Task RestartAsync(string name)
    {
        await KillAsync(name);
        await StartAsync(name, members[name].Arguments);
    }

    /// <summary>SIGTERM, the end, and a new start.</summary>
    public async Task RollAsync(string name)
    {
        members[name].IsAsked = false;
        await members[name].Process.StopAsync();
        await StartAsync(name, members[name].Arguments);
    }

    /// <summary>SIGSTOP: the process hears nothing and says nothing, and believes afterwards that no time has gone by.</summary>
    public void Freeze(string name)
    {
        members[name].IsAsked = false;
        Signal("-STOP", name);
    }

    public void Thaw(string name) => Signal("-CONT", name);

    /// <summary>Clients that submit one job after the other. Every second one has an idempotency key and tries again until it is told.</summary>
    public Load Submit(int clients = 16) => Load.Start(History, clients, SubmitAsync);

    /// <summary>One job, which must be acknowledged.</summary>
    public async Task SubmitOneAsync(string key)
    {
        History.Intent(key);
        History.Ok(key, await SubmitAsync(key, CancellationToken.None));
    }

    /// <summary>Waits until something is so.</summary>
    public async Task<TimeSpan> UntilAsync(Func<Task<bool>> isSo, string what, TimeSpan within)
    {
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(20), clock))
        {
            if (await isSo())
                return clock.GetElapsedTime(start);
            if (clock.GetElapsedTime(start) > within)
                Assert.Fail($"Not within {within}: {what} (jobs and ends: {await Store.CountAsync()}). {Outputs()}");
        }
    }

    /// <summary>Waits until the tables have an end for every job.</summary>
    public Task<TimeSpan> AllEndAsync(TimeSpan within) => UntilAsync(
        async () => await Store.CountAsync() is var (jobs, ends) && jobs == ends && jobs > 0, "all jobs have ended", within);

    /// <summary>Waits until so many more than now are acknowledged.</summary>
    public Task<TimeSpan> MoreAsync(int count, TimeSpan within)
    {
        var all = History.Acknowledged + count;
        return UntilAsync(() => Task.FromResult(History.Acknowledged >= all), $"{count} more are acknowledged", within);
    }

    /// <summary>The runs so far.</summary>
    public IReadOnlyList<Effect> Effects() => EffectLedger.Read(beside["effects"]);

    /// <summary>What the logs and the tables say.</summary>
    public async Task<Verdict> JudgeAsync() => Judge.Of(ClientHistory.Read(beside["history"]), Effects(), await Store.DumpAsync());

    /// <summary>Fails unless all is well: with the logs, the tables and every answer.</summary>
    public async Task<Verdict> HoldsAsync(ITestOutputHelper output)
    {
        var verdict = await JudgeAsync();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{verdict.Acknowledged} acknowledged, {verdict.Lost.Count} lost, {verdict.EndedTwice.Count + verdict.EndChanged.Count} ended twice, {verdict.RunTwice} run twice (most {verdict.RunsMax} of one), {verdict.Unknown} unknown; answers {string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Key} x{a.Value}"))}"));
        Assert.True(verdict.Faults.Count == 0, verdict + Outputs());
        var defects = answers.Keys.Where(answer => answer.Contains("500", StringComparison.Ordinal) || answer.Contains("404", StringComparison.Ordinal));
        Assert.True(!defects.Any(), string.Join(", ", defects) + Outputs());
        return verdict;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in members.Values)
            await member.Process.DisposeAsync();
        await Store.DisposeAsync();
        History.Dispose();
        http.Dispose();
        beside.Dispose();
    }

    /// <summary>Asks one of the silos that are asked.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var asked = members.Values.Where(member => member.IsAsked).ToArray();
        if (asked.Length == 0)
            throw new HttpRequestException("No silo runs.");
        using var request = new HttpRequestMessage(method, new Uri(asked[Random.Shared.Next(asked.Length)].Process.Address, path)) { Content = body };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await http.SendAsync(request, cancellationToken);
    }

    /// <summary>What all silos printed, the end of it.</summary>
    public string Outputs() => string.Join(
        Environment.NewLine, members.Select(member => $"--- {member.Key}: {Last(member.Value.Process.Output)}").Prepend(former.ToString()));

    private void Bury(Member before)
    {
        former.AppendLine(Last(before.Process.Output));
        if (former.Length > 100_000)
            former.Remove(0, former.Length - 100_000);
    }

    /// <summary>Off the loopback it listens only where a proxy stands before it; the test is that.</summary>
    private string[] Listening(string name) =>
        Network?.AddressOf(name) is { } address ? ["--listen", address, "--behind-proxy", "--silo-listen", address + ":0"] : [];

    private static string Last(string text) => text.Length <= 12_000 ? text : text[^12_000..];

    private async Task<string> SubmitAsync(string key, CancellationToken cancellationToken)
    {
        var isKeyed = (key[^1] - '0') % 2 == 1;
        while (true)
        {
            try
            {
                return await SubmitOnceAsync(key, isKeyed, cancellationToken);
            }
            catch (Exception e) when (isKeyed && e is not RefusedException && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }

    private async Task<string> SubmitOnceAsync(string key, bool isKeyed, CancellationToken cancellationToken)
    {
        // The queue is the key's: another try must meet the first.
        var queue = string.GetHashCode(key, StringComparison.Ordinal) is var hash ? (uint)hash % Queues : 0;
        using var body = JsonContent.Create(new { function = "effect", input = new { key, milliseconds = Milliseconds, padding = "", dies = false } });
        using var answer = await SendAsync(HttpMethod.Post, $"/v1/queues/q{queue}/jobs", body, isKeyed ? key : null, cancellationToken);
        var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement;
        var problem = answer.IsSuccessStatusCode ? "" : document.GetProperty("type").GetString()!.Split(':')[^1];
        answers.AddOrUpdate($"{(int)answer.StatusCode} {problem}".Trim(), 1, (_, n) => n + 1);
        return answer.StatusCode == HttpStatusCode.Accepted ? document.GetProperty("id").GetString()!
            : problem is "store-unavailable" or "silo-unavailable" && !isKeyed ? throw new RefusedException(problem)
            : throw new HttpRequestException(problem);
    }

    private void Signal(string signal, string name) =>
        Command.Must("kill", signal, members[name].Process.Id.ToString(CultureInfo.InvariantCulture));

    /// <param name="Process">Its process.</param>
    /// <param name="Arguments">What it was started with.</param>
    public sealed record Member(SiloProcess Process, string[] Arguments)
    {
        /// <summary>How it is called in the <see cref="EffectLedger"/>.</summary>
        public string Tag => "silo" + Process.Id.ToString(CultureInfo.InvariantCulture);

        /// <summary>Whether clients ask it.</summary>
        public bool IsAsked { get; set; } = true;
    }
}
