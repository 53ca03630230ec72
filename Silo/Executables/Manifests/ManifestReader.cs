using System.Text.Json;
using System.Text.Unicode;
using Hearth.Functions;
using Hearth.Jobs;

namespace Hearth.Executables;

/// <summary>Reads one manifest strictly: what it does not understand is a mistake, and all mistakes come at once.</summary>
internal static class ManifestReader
{
    public const int BytesMax = 64 * 1024;
    private const int DepthMax = 8;
    private const long OutputBytesMaxMax = 1L << 40;

    public static ManifestResult Read(string path) => ReadFile(path, out var mistake) is { } bytes
        ? Parse(path, bytes)
        : new ManifestResult(null, [mistake]);

    /// <summary>The file's bytes, or null and the reason.</summary>
    public static byte[]? ReadFile(string path, out string mistake)
    {
        mistake = "";
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[BytesMax + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length <= BytesMax)
                return bytes[..length];
            mistake = $"{path}: the file is larger than 64 KiB: move long values into the program.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            mistake = $"{path}: the file cannot be read ({e.Message}): check that it exists and that the silo's user may read it.";
        }

        return null;
    }

    public static ManifestResult Parse(string path, ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span))
            return new ManifestResult(null, [$"{path}: the file is not valid UTF-8: save it in that encoding."]);
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = DepthMax });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return Parse(path, document.RootElement);
        }
        catch (JsonException e)
        {
            return new ManifestResult(null, [$"{path}: the file is not valid JSON (at most {DepthMax} levels deep): {e.Message}"]);
        }
        catch (InvalidOperationException)
        {
            // Thrown for text that JSON can spell and UTF-16 cannot hold.
            return new ManifestResult(null, [$"{path}: the file has a name or text that is not Unicode: remove escapes of lone surrogates (\\ud800 to \\udfff)."]);
        }

        return new ManifestResult(null, [$"{path}: the file must hold one JSON object, for instance {{ \"command\": \"./program\" }}."]);
    }

    private static ManifestResult Parse(string path, JsonElement root)
    {
        var mistakes = new List<string>();
        var fields = new ManifestFields(root, path, prefix: "", mistakes);
        var manifest = Build(fields, path);
        fields.RefuseOthers();
        // What every function must keep is checked in one place; here only what such a check cannot see twice.
        if (mistakes.Count == 0)
            mistakes.AddRange(manifest.ToOptions().Validate().Select(m => $"{path}: {m}"));
        return mistakes.Count == 0 ? new ManifestResult(manifest, []) : new ManifestResult(null, mistakes);
    }

    private static Manifest Build(ManifestFields fields, string path)
    {
        if (fields.Flag("external"))
            return BuildExternal(fields, path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var timeout = fields.Duration("timeout", FunctionOptions.TimeoutMax) ?? TimeSpan.FromSeconds(30);
        var (command, program) = fields.Command("command", folder);
        return new Manifest
        {
            File = path,
            Name = fields.Name("name", Path.GetFileNameWithoutExtension(path)),
            Version = fields.Version("version") ?? "1",
            Description = fields.Text("description"),
            Command = command,
            Program = program,
            Arguments = fields.Texts("arguments") ?? [],
            WorkingFolder = fields.Folder("workingFolder", folder),
            Environment = fields.Environment("environment"),
            EnvironmentAllowed = fields.Names("environmentAllowed") ?? ["PATH", "LANG"],
            Connections = fields.Texts("connections") ?? [],
            Timeout = timeout,
            Retry = Retry(fields.Object("retry")),
            ExitCodes = fields.ExitCodes("exitCodes"),
            Concurrency = (int?)fields.Number("concurrency", 1, 10_000) ?? Environment.ProcessorCount,
            Pool = fields.Text("pool"),
            Input = fields.MediaTypes("input") ?? [],
            Output = fields.MediaType("output") ?? "application/octet-stream",
            InputBytesMax = fields.Number("inputBytesMax", 0, OutputBytesMaxMax),
            OutputBytesMax = fields.Number("outputBytesMax", 1, OutputBytesMaxMax) ?? 16 * 1024 * 1024,
            Limits = Limits(fields.Object("limits"), (int)Math.Ceiling(timeout.TotalSeconds) + 1),
            Isolation = fields.Choice("isolation", IsolationMode.Auto),
            Network = fields.Flag("network"),
            Route = fields.Text("route"),
            Method = fields.Text("method")?.ToUpperInvariant() ?? "POST",
            Example = fields.Text("example"),
        };
    }

    /// <summary>What concerns a program is not known here, and so refused.</summary>
    private static Manifest BuildExternal(ManifestFields fields, string path) => new()
    {
        File = path,
        IsExternal = true,
        Name = fields.Name("name", Path.GetFileNameWithoutExtension(path)),
        Version = fields.Version("version") ?? "1",
        Description = fields.Text("description"),
        Command = "",
        Program = "",
        Retry = Retry(fields.Object("retry")),
        Input = fields.MediaTypes("input") ?? [],
        InputBytesMax = fields.Number("inputBytesMax", 0, JobSpec.InputBytesMax),
        Limits = new ManifestLimits(CpuSeconds: 1),
        Route = fields.Text("route"),
        Method = fields.Text("method")?.ToUpperInvariant() ?? "POST",
        Example = fields.Text("example"),
    };

    private static RetryPolicy Retry(ManifestFields? fields)
    {
        var policy = RetryPolicy.Default;
        if (fields is null)
            return policy;
        policy = new RetryPolicy(
            (int?)fields.Number("attempts", 1, JobRules.AttemptsMax) ?? policy.Attempts,
            fields.Duration("initial", JobRules.RetryWaitMax),
            fields.Real("factor", 1, 10) ?? policy.Factor,
            fields.Duration("cap", JobRules.RetryWaitMax),
            fields.Real("jitter", 0, 1) ?? policy.Jitter,
            fields.Texts("nonRetryable"));
        fields.RefuseOthers();
        return policy;
    }

    private static ManifestLimits Limits(ManifestFields? fields, int cpuSeconds)
    {
        if (fields is null)
            return new ManifestLimits(cpuSeconds);
        var limits = new ManifestLimits(
            (int?)fields.Number("cpuSeconds", 1, 86_400) ?? cpuSeconds,
            (int?)fields.Number("memoryMb", 16, 1 << 20) ?? 1024,
            (int?)fields.Number("processes", 1, 10_000) ?? 64,
            (int?)fields.Number("openFiles", 16, 1 << 20) ?? 256,
            (int?)fields.Number("fileSizeMb", 0, 1 << 20) ?? 256);
        fields.RefuseOthers();
        return limits;
    }
}
