using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Workers;

/// <summary>A silo that knows the workers' functions, which can be killed and started again at the same place, and its workers.</summary>
internal sealed class WorkerWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder folder = new();
    private readonly List<PythonWorker> workers = [];
    private readonly string[] arguments;
    private SiloProcess silo = null!;

    private WorkerWorld(string[] arguments)
    {
        this.arguments = arguments;
        var manifests = Directory.CreateDirectory(Path.Combine(folder["data"], "functions")).FullName;
        foreach (var name in PythonWorker.Names)
            File.WriteAllText(Path.Combine(manifests, name + ".json"), """{ "external": true, "retry": { "attempts": 100, "initial": "50ms", "factor": 1 } }""");
        Directory.CreateDirectory(folder["work"]);
    }

    public HttpClient Http { get; private set; } = null!;

    /// <summary>The runs that the workers have written down, each with its job, attempt and what it did.</summary>
    public IReadOnlyList<string[]> Ledger =>
        File.Exists(Path.Combine(folder["work"], "ledger")) ? [.. File.ReadAllLines(Path.Combine(folder["work"], "ledger")).Select(line => line.Split(' '))] : [];

    public static Task<WorkerWorld> OnSqliteAsync() => StartAsync();

    public static Task<WorkerWorld> OnPostgresAsync() => StartAsync("--database", PostgresServer.Shared.NewDatabase());

    public PythonWorker StartWorker(double lease = 30, int concurrency = 4, double grace = 5)
    {
        var worker = PythonWorker.Start(silo.Address, folder["work"], lease, concurrency, grace);
        workers.Add(worker);
        return worker;
    }

    /// <summary>Lets all runs of <c>hold</c> end.</summary>
    public void Go() => File.WriteAllText(Path.Combine(folder["work"], "go"), "");

    /// <returns>The job's path.</returns>
    public Task<string> SubmitAsync(string job) => Http.PostJobAsync("work", job);

    /// <summary>Waits until a run has been written down.</summary>
    public Task NotedAsync(string path, int attempt, string what) => UntilAsync(
        () => Task.FromResult(Ledger.Any(line => line is [var id, var number, var noted] && path.EndsWith(id, StringComparison.Ordinal) && number == $"{attempt}" && noted == what)),
        $"{path} {attempt} {what}");

    /// <summary>kill -9 of the silo, and another at the same place.</summary>
    public async Task RestartSiloAsync()
    {
        var port = silo.Address.Port;
        await silo.DisposeAsync();
        Http.Dispose();
        silo = await SiloProcess.StartAtAsync(port, folder["data"], arguments);
        Http = silo.CreateClient();
    }

    public async Task<JsonElement> EndAsync(string path)
    {
        JsonElement job = default;
        await UntilAsync(
            async () => (job = (await Http.FetchAsync(path + "?wait=5s")).Is(200).Json).GetProperty("endedAt").ValueKind != JsonValueKind.Null, $"{path} ends");
        return job;
    }

    public async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                Assert.Fail($"It did not come to this: {what}\n{string.Join('\n', workers.Select(w => w.Output))}\n{silo.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
            await worker.DisposeAsync();
        Http.Dispose();
        await silo.DisposeAsync();
        folder.Dispose();
    }

    private static async Task<WorkerWorld> StartAsync(params string[] arguments)
    {
        var world = new WorkerWorld(arguments);
        world.silo = await SiloProcess.StartAsync(world.folder["data"], arguments);
        world.Http = world.silo.CreateClient();
        return world;
    }
}
