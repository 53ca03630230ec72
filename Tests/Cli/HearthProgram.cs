using System.Diagnostics;
using Hearth.Tests.Support;

namespace Hearth.Tests.Cli;

/// <summary>The program <c>hearth</c>, run as a person or a script runs it, in a home folder of its own.</summary>
internal sealed class HearthProgram(Uri? silo = null) : IDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(90);

    private readonly TempFolder home = new();

    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "hearth.dll");

    public static string Dotnet { get; } = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet";

    public string Home => home.Path;

    /// <summary>Variables beside those that every run has.</summary>
    public Dictionary<string, string> Environments { get; } = new(StringComparer.Ordinal);

    public Task<Ran> RunAsync(params string[] arguments) => RunAsync(input: null, arguments);

    public async Task<Ran> RunAsync(string? input, string[] arguments)
    {
        using var process = Start(arguments);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var timeUp = new CancellationTokenSource(EndMax);
        await process.WaitForExitAsync(timeUp.Token);
        return new Ran(process.ExitCode, await output, await error);
    }

    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Dotnet)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = home.Path,
        };
        start.ArgumentList.Add(Assembly);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("HEARTH_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["HOME"] = home.Path;
        start.Environment["XDG_CONFIG_HOME"] = home["config"];
        if (silo is not null)
            start.Environment["HEARTH_URL"] = silo.ToString();
        foreach (var (name, value) in Environments)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Writes the configuration file.</summary>
    public string Configure(string json, UnixFileMode mode)
    {
        Directory.CreateDirectory(home["config/hearth"]);
        return Write("config/hearth/config.json", json, mode);
    }

    public string Write(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        File.WriteAllText(home[name], text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(home[name], mode);
        return home[name];
    }

    public void Dispose() => home.Dispose();
}

/// <summary>What a run of the program gave.</summary>
internal sealed record Ran(int Code, string Out, string Error)
{
    public System.Text.Json.JsonElement Json => System.Text.Json.JsonDocument.Parse(Out).RootElement;

    public Ran Is(int code)
    {
        Assert.True(Code == code, $"{Code} instead of {code}\n{Out}\n{Error}");
        return this;
    }
}
