using Hearth.Executables;

namespace Hearth.Tests.Executables;

public sealed class ManifestReaderTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hearth-manifests-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{}""", "'command' is missing")]
    [InlineData("""{"command":"/bin/cat","external":1}""", "'external' must be true or false")]
    [InlineData("""{"external":true,"command":"/bin/cat"}""", "'command' is not known: use one of description")]
    [InlineData("""{"external":true,"timeout":"1m"}""", "'timeout' is not known")]
    [InlineData("""{"external":true,"inputBytesMax":16777217}""", "'inputBytesMax' is 16777217 and must be")]
    [InlineData("""{"command":7}""", "'command' must be text")]
    [InlineData("""{"command":"nowhere"}""", "does not exist")]
    [InlineData("""{"command":"/tmp"}""", "is a folder")]
    [InlineData("""{"command":"plain"}""", "is not executable: run chmod +x")]
    [InlineData("""{"command":"text"}""", "neither a binary nor a script")]
    [InlineData("""{"command":"/bin/cat","comand":1}""", "'comand' is not known: use one of arguments, command")]
    [InlineData("""{"command":"/bin/cat","command":"/bin/cat"}""", "'command' is given twice")]
    [InlineData("""{"command":"/bin/cat","name":"Cat"}""", "'name' is 'Cat'")]
    [InlineData("""{"command":"/bin/cat","version":"1 0"}""", "'version' is '1 0'")]
    [InlineData("""{"command":"/bin/cat","arguments":"-n"}""", "'arguments' must be an array of texts")]
    [InlineData("""{"command":"/bin/cat","arguments":[1]}""", "'arguments' must be an array of texts")]
    [InlineData("""{"command":"/bin/cat","arguments":["a\u0000b"]}""", "'arguments' must be an array of texts")]
    [InlineData("""{"command":"/bin/cat","workingFolder":"none"}""", "'workingFolder' names")]
    [InlineData("""{"command":"/bin/cat","environment":{"A-B":"c"}}""", "'environment.A-B' is no name of a variable")]
    [InlineData("""{"command":"/bin/cat","environment":{"A":1}}""", "'environment.A' must be text")]
    [InlineData("""{"command":"/bin/cat","environment":{"HEARTH_RUN":"x"}}""", "'environment.HEARTH_RUN' starts with HEARTH_")]
    [InlineData("""{"command":"/bin/cat","environmentAllowed":["A=B"]}""", "'environmentAllowed' holds 'A=B'")]
    [InlineData("""{"command":"/bin/cat","timeout":"30"}""", "'timeout' is '30' and must be a duration")]
    [InlineData("""{"command":"/bin/cat","timeout":30}""", "'timeout' must be a duration")]
    [InlineData("""{"command":"/bin/cat","timeout":"25h"}""", "at most 24 hours")]
    [InlineData("""{"command":"/bin/cat","concurrency":0}""", "'concurrency' is 0 and must be a whole number between 1 and 10000")]
    [InlineData("""{"command":"/bin/cat","retry":3}""", "'retry' must be an object")]
    [InlineData("""{"command":"/bin/cat","retry":{"attempts":0}}""", "'retry.attempts' is 0 and must be a whole number between 1 and 1000")]
    [InlineData("""{"command":"/bin/cat","retry":{"factor":0.5}}""", "'retry.factor' is 0.5 and must be a number between 1 and 10")]
    [InlineData("""{"command":"/bin/cat","retry":{"initial":"0s"}}""", "'retry.initial' is '0s' and must be a duration")]
    [InlineData("""{"command":"/bin/cat","retry":{"cap":"500ms"}}""", "cap must not be less than initial")]
    [InlineData("""{"command":"/bin/cat","retry":{"times":3}}""", "'retry.times' is not known: use one of attempts")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"0":"discard"}}""", "'exitCodes.0' is no exit code to give a meaning to")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"256":"discard"}}""", "'exitCodes.256' is no exit code")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"later"}}""", "'exitCodes.75' is 'later' and must be \"snooze 5m\"")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"snooze"}}""", "'exitCodes.75' is 'snooze'")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"snooze 31d"}}""", "'exitCodes.75' is 'snooze 31d'")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"retryAfter 500ms"}}""", "'exitCodes.75' is 'retryAfter 500ms'")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"snooze 5m backOff all"}}""", "'exitCodes.75' is 'snooze 5m backOff all'")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"discard backOff key"}}""", "either with \"backOff key\" or \"backOff queue\"")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":5}}""", "'exitCodes.75' must be text")]
    [InlineData("""{"command":"/bin/cat","exitCodes":{"75":"discard","075":"discard"}}""", "'exitCodes.075' is given twice")]
    [InlineData("""{"external":true,"exitCodes":{"75":"discard"}}""", "'exitCodes' is not known")]
    [InlineData("""{"command":"/bin/cat","input":["text"]}""", "'input' holds 'text'")]
    [InlineData("""{"command":"/bin/cat","output":"json"}""", "'output' is 'json'")]
    [InlineData("""{"command":"/bin/cat","outputBytesMax":1.5}""", "'outputBytesMax' is 1.5")]
    [InlineData("""{"command":"/bin/cat","limits":{"cpu":1}}""", "'limits.cpu' is not known: use one of cpuSeconds")]
    [InlineData("""{"command":"/bin/cat","limits":{"memoryMb":1}}""", "'limits.memoryMb' is 1")]
    [InlineData("""{"command":"/bin/cat","isolation":"Auto"}""", "'isolation' is 'Auto' and must be one of auto, none, required")]
    [InlineData("""{"command":"/bin/cat","network":"yes"}""", "'network' must be true or false")]
    [InlineData("""{"command":"/bin/cat","route":"/v1/x"}""", "not be '/' or below /v1")]
    [InlineData("""{"command":"/bin/cat","method":"FETCH"}""", "method 'FETCH' must be")]
    [InlineData("""["/bin/cat"]""", "must hold one JSON object")]
    [InlineData("""{"command":""", "is not valid JSON")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}""", "is not valid JSON")]
    public void Mistake_names_file_field_and_remedy(string json, string expected)
    {
        Write("plain", "#!/bin/sh", executable: false);
        Write("text", "hello", executable: true);
        var result = ManifestReader.Read(Write("m.json", json, executable: false));
        Assert.Null(result.Manifest);
        var mistake = Assert.Single(result.Mistakes);
        Assert.Contains(expected, mistake, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(folder.FullName, "m.json"), mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_come_at_once()
    {
        const string Json = """{"name":"A","arguments":1,"timeout":"x","limits":{"cpuSeconds":0,"gpu":1},"colour":"red"}""";
        Assert.Equal(7, ManifestReader.Read(Write("m.json", Json, executable: false)).Mistakes.Count);
    }

    [Fact]
    public void Too_large_and_missing_files_are_mistakes()
    {
        var large = Write("m.json", new string(' ', ManifestReader.BytesMax + 1), executable: false);
        Assert.Contains("larger than 64 KiB", Assert.Single(ManifestReader.Read(large).Mistakes), StringComparison.Ordinal);
        var missing = Path.Combine(folder.FullName, "no.json");
        Assert.Contains("cannot be read", Assert.Single(ManifestReader.Read(missing).Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_filled_in_and_links_are_followed()
    {
        Write("tool", "#!/bin/sh", executable: true);
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "link"), "tool");
        var manifest = ManifestReader.Read(Write("my-tool.json", """{"command":"./link"}""", executable: false)).Manifest!;
        Assert.Equal("my-tool", manifest.Name);
        Assert.Equal(Path.Combine(folder.FullName, "link"), manifest.Command);
        Assert.Equal(Path.Combine(folder.FullName, "tool"), manifest.Program);
        Assert.Equal(new ManifestLimits(31), manifest.Limits);
        Assert.Equal(["PATH", "LANG"], manifest.EnvironmentAllowed, StringComparer.Ordinal);
        Assert.Equal(Environment.ProcessorCount, manifest.Concurrency);
    }

    [Fact]
    public void Every_field_reaches_the_options()
    {
        const string Json = """
            {"name":"f","version":"2.1","description":"d","command":"/bin/cat","timeout":"PT5S","concurrency":3,
             "route":"/f","method":"put","connections":["db"],"input":["text/plain"],"output":"text/csv","inputBytesMax":5,
             "outputBytesMax":6,"example":"e","isolation":"none","limits":{"processes":2},
             "retry":{"attempts":3,"initial":"2s","factor":1.5,"cap":"1m","jitter":0,"nonRetryable":["FunctionException"]}}
            """;
        var result = ManifestReader.Read(Write("m.json", Json, executable: false));
        Assert.Empty(result.Mistakes);
        var options = result.Manifest!.ToOptions();
        Assert.Equal(("2.1", "d", TimeSpan.FromSeconds(5), 3), (options.Version, options.Description, options.Timeout, options.Concurrency));
        Assert.Equal(
            ("/f", "PUT", "db", "text/plain"),
            (options.Route, options.Method, options.Connections[0], options.InputContentTypes[0]));
        Assert.Equal(("text/csv", 5L, 6L, "e"), (options.OutputContentType, options.InputBytesMax, options.OutputBytesMax, options.Example));
        Assert.Equal((3, TimeSpan.FromSeconds(2), 1.5, TimeSpan.FromMinutes(1), 0.0), (options.Retry.Attempts, options.Retry.Initial, options.Retry.Factor, options.Retry.Cap, options.Retry.Jitter));
        Assert.Equal(["FunctionException"], options.Retry.NonRetryable!);
        Assert.Equal((6, 2, IsolationMode.None), (result.Manifest.Limits.CpuSeconds, result.Manifest.Limits.Processes, result.Manifest.Isolation));
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30.0)]
    [InlineData("1.5m", 90.0)]
    [InlineData("2h", 7200.0)]
    [InlineData("PT1M30S", 90.0)]
    [InlineData("", null)]
    [InlineData("s", null)]
    [InlineData("-5s", null)]
    [InlineData("1e3s", null)]
    [InlineData("PX", null)]
    [InlineData("999999999d", null)]
    [InlineData("P99999999D", null)]
    public void Durations_have_two_forms(string text, double? seconds) => Assert.Equal(seconds, DurationText.Parse(text)?.TotalSeconds);

    private string Write(string name, string content, bool executable)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, content);
        if (executable && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        return path;
    }
}
