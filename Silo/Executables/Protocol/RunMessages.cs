using System.Text.Json.Serialization;

namespace Hearth.Executables;

/// <summary>Asks the supervisor for a run.</summary>
/// <param name="Id">Marks the run's processes; not to be guessed by another run.</param>
/// <param name="Arguments">The whole launch chain: wrappers, program, arguments. The first is an absolute path.</param>
/// <param name="Environment">All that the run sees, and nothing else.</param>
/// <param name="Folder">Where it runs.</param>
/// <param name="FolderIsPrivate">Whether the supervisor makes the folder before the run and removes it after.</param>
/// <param name="ProcessesMax">Processes of the whole tree, wrappers included.</param>
internal sealed record RunRequest(
    string Id,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string Folder,
    bool FolderIsPrivate,
    int ProcessesMax);

/// <summary>How a run ended.</summary>
/// <param name="Code">Its exit code; 0 when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="CpuSeconds">Processor time of the whole tree.</param>
/// <param name="MemoryBytesMax">The largest resident memory of one of its processes.</param>
/// <param name="TooManyProcesses">Whether the supervisor ended it for starting more than it may.</param>
internal sealed record RunExit(int Code, int Signal, double CpuSeconds, long MemoryBytesMax, bool TooManyProcesses);

/// <summary>Why a run could not start; for the log.</summary>
internal sealed record RunRefusal(string Reason);

[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(RunExit))]
[JsonSerializable(typeof(RunRefusal))]
internal sealed partial class RunJson : JsonSerializerContext;
