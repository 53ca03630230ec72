using System.Collections.Concurrent;
using System.Diagnostics;
using Hearth.Tests.Support;

namespace Hearth.Tests.Workers;

/// <summary>The Python worker as it is shipped, in a process of its own, with functions that write down each run.</summary>
internal sealed class PythonWorker : IAsyncDisposable
{
    private const string Functions = """
        import os, time
        from hearth_worker import GiveUp, RetryAfter

        def note(job, what):
            with open("ledger", "a") as ledger:
                ledger.write(f"{job.id} {job.attempt} {what}\n")

        def shout(job):
            return {"text": job.input["text"].upper(), "parameters": dict(job.parameters), "tags": list(job.tags)}

        def flip(job):
            return job.input[::-1]

        def count(job):
            note(job, "run")
            time.sleep(0.01)

        def hold(job):
            note(job, "start")
            while not os.path.exists("go"):
                if job.stopped.wait(0.02):
                    note(job, "stopped")
                    return
            note(job, "end")
            return job.attempt

        def fails(job):
            raise ValueError("no")

        def give_up(job):
            raise GiveUp("never")

        def busy(job):
            raise RetryAfter(3600, "full", back_off="queue")

        def endless(job):
            return float("nan")
        """;

    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;

    private PythonWorker(Uri silo, string folder, double lease, int concurrency, double grace)
    {
        File.WriteAllText(Path.Combine(folder, "work.py"), Functions);
        var start = new ProcessStartInfo(Program!) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "-u", "-B", Script, silo.ToString(), "work" }.Concat(Names.Select(n => $"{n}=work:{n.Replace('-', '_')}")))
            start.ArgumentList.Add(argument);
        foreach (var (option, value) in new[] { ("--lease", lease), ("--concurrency", concurrency), ("--grace", grace) })
        {
            start.ArgumentList.Add(option);
            start.ArgumentList.Add(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        start.Environment["NO_PROXY"] = "*";
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The interpreter; null: none is installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "python3")).FirstOrDefault(File.Exists);

    /// <summary>The functions as manifests, which a silo serves as external.</summary>
    public static string[] Names { get; } = ["shout", "flip", "count", "hold", "fails", "give-up", "busy", "endless"];

    public string Output => string.Join('\n', output);

    private static string Script => Path.Combine(Repository.Folder, "docs/workers/python/hearth_worker.py");

    public static PythonWorker Start(Uri silo, string folder, double lease = 30, int concurrency = 4, double grace = 5) =>
        new(silo, folder, lease, concurrency, grace);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
    }
}

/// <summary>A fact where Python is installed; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = PythonWorker.Program is null ? "Python is not installed (Debian: apt-get install python3)" : null!;
}

/// <summary>A fact where Python and PostgreSQL are installed; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonAndPostgresFactAttribute : FactAttribute
{
    public PythonAndPostgresFactAttribute() => Skip = new PythonFactAttribute().Skip ?? PostgresServer.Missing!;
}
