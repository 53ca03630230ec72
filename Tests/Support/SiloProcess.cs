using System.Diagnostics;
using System.Text;

namespace Hearth.Tests.Support;

/// <summary>A real silo process, started as a user starts it, on a free port and a data folder of its own.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder answers = new();
    private readonly StringBuilder errors = new();
    private readonly TaskCompletionSource<Uri> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SiloProcess(
        string assembly, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, IReadOnlyList<string>? launcher = null)
    {
        var dotnet = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet";
        var start = new ProcessStartInfo(launcher is [var first, ..] ? first : dotnet)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in launcher is { Count: > 0 } ? launcher.Skip(1).Append(dotnet) : [])
            start.ArgumentList.Add(argument);
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Hear(line.Data, answers);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, errors);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("The silo ended: " + Output));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The silo as it ships.</summary>
    public static string Shipped { get; } = typeof(HearthApplication).Assembly.Location;

    /// <summary>A silo with functions that misbehave: Tests/Support/Misbehaving.</summary>
    public static string Misbehaving { get; } = Path.Combine(AppContext.BaseDirectory, "Hearth.Misbehaving.dll");

    public int Id => process.Id;

    /// <summary>Completes when the process has ended.</summary>
    public Task Ended => process.WaitForExitAsync();

    public bool HasEnded => process.HasExited;

    /// <summary>Once it has ended.</summary>
    public int ExitCode => process.ExitCode;

    public Uri Address => ready.Task.IsCompletedSuccessfully ? ready.Task.GetAwaiter().GetResult() : throw new InvalidOperationException("Not ready.");

    /// <summary>Everything that it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts a silo and waits until it serves.</summary>
    public static Task<SiloProcess> StartAsync(string data, params string[] more) => StartAssemblyAsync(Shipped, data, more);

    /// <summary>The same on a port that is known, such as that of a silo that has been killed.</summary>
    public static async Task<SiloProcess> StartAtAsync(int port, string data, params string[] more)
    {
        var silo = new SiloProcess(
            Shipped, ["--port", $"{port}", "--data", data, "--functions", Path.Combine(data, "functions"), .. more], environment: null);
        await silo.ready.Task.WaitAsync(StartMax);
        return silo;
    }

    /// <summary>Starts a silo of another program and waits until it serves.</summary>
    public static Task<SiloProcess> StartAssemblyAsync(string assembly, string data, params string[] more) =>
        StartAssemblyAsync(assembly, data, environment: null, more);

    /// <summary>The same in an environment of its own.</summary>
    public static Task<SiloProcess> StartAssemblyAsync(
        string assembly, string data, IReadOnlyDictionary<string, string>? environment, params string[] more) =>
        StartLaunchedAsync([], assembly, data, environment, more);

    /// <summary>The same by a program that becomes the silo, with the same process id: <c>ip netns exec</c> for instance.</summary>
    public static async Task<SiloProcess> StartLaunchedAsync(
        IReadOnlyList<string> launcher, string assembly, string data, IReadOnlyDictionary<string, string>? environment, params string[] more)
    {
        var silo = new SiloProcess(
            assembly, ["--port", "0", "--data", data, "--functions", Path.Combine(data, "functions"), .. more], environment, launcher);
        await silo.ready.Task.WaitAsync(StartMax);
        return silo;
    }

    /// <summary>Starts a silo that is expected to refuse, and waits for its end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (code, _, _, output) = await RunApartAsync(arguments, environment);
        return (code, output);
    }

    /// <summary>The same, with the two streams apart.</summary>
    public static async Task<(int Code, string Out, string Error, string Both)> RunApartAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? assembly = null)
    {
        await using var silo = new SiloProcess(assembly ?? Shipped, arguments, environment);
        // The end of this one is what is waited for.
        _ = silo.ready.Task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        await silo.process.WaitForExitAsync(new CancellationTokenSource(StartMax).Token);
        silo.process.WaitForExit(); // lets the readers of both streams reach the end
        lock (silo.output)
        {
            return (silo.process.ExitCode, silo.answers.ToString(), silo.errors.ToString().Trim(), silo.output.ToString());
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a service manager stops it; waits for its end.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("-TERM");
        await process.WaitForExitAsync(new CancellationTokenSource(StartMax).Token);
        return process.ExitCode;
    }

    /// <summary>Sends it a signal, such as <c>-STOP</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, FormattableString.Invariant($"{process.Id}")]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until it has printed a text: its log is written a moment after the answer.</summary>
    public async Task PrintsAsync(string text)
    {
        for (var i = 0; i < 500 && !Output.Contains(text, StringComparison.Ordinal); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.Contains(text, Output, StringComparison.Ordinal);
    }

    public HttpClient CreateClient() => new() { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
    }

    private void Hear(string? line, StringBuilder stream)
    {
        if (line is null)
            return;
        lock (output)
        {
            output.AppendLine(line);
            stream.AppendLine(line);
        }

        const string Serves = " functions on ";
        var at = line.IndexOf(Serves, StringComparison.Ordinal);
        if (line.StartsWith("Hearth ", StringComparison.Ordinal) && at > 0)
            ready.TrySetResult(new Uri(line[(at + Serves.Length)..].Split(',')[0]));
    }
}
