using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Executables;

/// <summary>An executable served as a function, as its manifest says, with every default filled in.</summary>
internal sealed record Manifest
{
    public required string Name { get; init; }

    /// <summary>The manifest's own path: what messages to operators name.</summary>
    public required string File { get; init; }

    /// <summary>Whether workers outside run it: there is no program then.</summary>
    public bool IsExternal { get; init; }

    public required string Version { get; init; }

    public string? Description { get; init; }

    /// <summary>The program's absolute path as the manifest names it: programs such as busybox go by the name they are called.</summary>
    public required string Command { get; init; }

    /// <summary>The real path behind the command's links: what was checked and what isolation lets a run see.</summary>
    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Null: a fresh, private, empty folder a run, removed after it.</summary>
    public string? WorkingFolder { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Names of the silo's own variables that a run sees.</summary>
    public IReadOnlyList<string> EnvironmentAllowed { get; init; } = ["PATH", "LANG"];

    public IReadOnlyList<string> Connections { get; init; } = [];

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>What some exit codes mean; the others but 0 are failures.</summary>
    public IReadOnlyDictionary<int, ExitMeaning> ExitCodes { get; init; } = new Dictionary<int, ExitMeaning>();

    public int Concurrency { get; init; } = System.Environment.ProcessorCount;

    public string? Pool { get; init; }

    public IReadOnlyList<string> Input { get; init; } = [];

    public string Output { get; init; } = "application/octet-stream";

    public long? InputBytesMax { get; init; }

    public long OutputBytesMax { get; init; } = 16 * 1024 * 1024;

    public required ManifestLimits Limits { get; init; }

    public IsolationMode Isolation { get; init; } = IsolationMode.Auto;

    /// <summary>Whether an isolated run may reach the network.</summary>
    public bool Network { get; init; }

    public string? Route { get; init; }

    public string Method { get; init; } = "POST";

    public string? Example { get; init; }

    /// <summary>The same facts in the words that every function is served by.</summary>
    public FunctionOptions ToOptions() => new()
    {
        Version = Version,
        Description = Description,
        Timeout = Timeout,
        Concurrency = Concurrency,
        Pool = Pool,
        Retry = Retry,
        Route = Route,
        Method = Method,
        Connections = [.. Connections],
        Example = Example,
        InputContentTypes = [.. Input],
        OutputContentType = Output,
        InputBytesMax = InputBytesMax,
        OutputBytesMax = OutputBytesMax,
    };
}

/// <summary>What one run may use. Per process unless it says otherwise.</summary>
/// <param name="CpuSeconds">Processor time; SIGXCPU at it, SIGKILL a second later.</param>
/// <param name="MemoryMb">
/// RLIMIT_DATA: heap and private mappings. Not RLIMIT_AS, because runtimes such as Node and the JVM reserve far more address
/// space than they use.
/// </param>
/// <param name="Processes">Processes of the whole tree of a run.</param>
/// <param name="OpenFiles">Open file descriptors.</param>
/// <param name="FileSizeMb">Largest file that it may write.</param>
internal sealed record ManifestLimits(int CpuSeconds, int MemoryMb = 1024, int Processes = 64, int OpenFiles = 256, int FileSizeMb = 256);

internal enum IsolationMode
{
    /// <summary>Bubblewrap when it works on this machine, else without.</summary>
    Auto,

    /// <summary>Never.</summary>
    None,

    /// <summary>A run is refused where bubblewrap does not work.</summary>
    Required,
}
