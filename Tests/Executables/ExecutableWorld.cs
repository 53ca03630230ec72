using System.Text;
using System.Text.Json;
using Hearth.Executables;
using Hearth.Functions;
using Microsoft.Extensions.Logging;

namespace Hearth.Tests.Executables;

/// <summary>A folder of scripts, a host to run them, and a log to look into. Skips nothing: every program is a real process.</summary>
public sealed class ExecutableWorld : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hearth-tests-");

    internal ExecutableWorld(Func<bool>? leaseStands = null, IReadOnlyList<string>? hidden = null)
    {
        Host = new ExecutableHost(Log, leaseStands, hidden);
    }

    internal string Folder => folder.FullName;

    internal ListLogger Log { get; } = new();

    internal ExecutableHost Host { get; }

    internal List<ExecutableUsage> Used { get; } = [];

    /// <summary>A script in the folder; the path of what it may leave there for the test is its $OUT.</summary>
    internal ExecutableFunction Script(string body, object? fields = null, bool isolated = false)
    {
        var name = $"s{Guid.NewGuid():N}";
        var program = Path.Combine(Folder, name);
        File.WriteAllText(program, "#!/bin/sh\n" + body.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Function(program, fields, isolated);
    }

    internal ExecutableFunction Function(string command, object? fields = null, bool isolated = false)
    {
        var manifest = JsonSerializer.SerializeToNode(fields ?? new { })!.AsObject();
        manifest["command"] = command;
        manifest["isolation"] ??= isolated ? "required" : "none";
        var path = Path.Combine(Folder, $"m{Guid.NewGuid():N}.json");
        File.WriteAllText(path, manifest.ToJsonString());
        var result = ManifestReader.Read(path);
        Assert.Empty(result.Mistakes);
        return new ExecutableFunction(result.Manifest!, Host, (_, usage) => Used.Add(usage));
    }

    /// <summary>Runs with this input; at most a minute.</summary>
    internal async Task<string> RunAsync(ExecutableFunction function, string input = "", CancellationToken cancellationToken = default)
    {
        using var output = new MemoryStream();
        // A broken protection must fail its test, not hang it.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        await function.RunAsync(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, Context(), patience.Token);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    internal FunctionContext Context(IReadOnlyDictionary<string, string>? connections = null) => new()
    {
        Function = "tested",
        Version = "1",
        JobId = "job-7",
        Attempt = 2,
        Epoch = 5,
        Parameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["word-count"] = "3" },
        ContentType = "text/plain",
        ResultContentType = "text/plain",
        Deadline = DateTimeOffset.MaxValue,
        Logger = Log,
        Connections = connections ?? new Dictionary<string, string>(StringComparer.Ordinal),
    };

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (Directory.Exists(Folder))
            folder.Delete(recursive: true);
    }

    internal sealed class ListLogger : ILogger
    {
        private readonly List<string> lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (lines)
                    return [.. lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add(formatter(state, exception));
        }
    }
}
