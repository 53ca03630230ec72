using System.Diagnostics;

namespace Hearth.Bench.Jobs;

/// <summary>
/// E: 200 jobs a second, one a call, each at its time whatever became of those before; workers wait in the same process. Latencies count from
/// the moment at which the job was due to be sent, so that a stall is seen by all the jobs that it held up.
/// </summary>
internal sealed class Pace : Phase
{
    private const int PerSecond = 200;

    public override string Letter => "E";

    public override string Title => "200 a second, one by one";

    protected override int WarmUp => PerSecond;

    public override int JobsOf(bool isQuick) => PerSecond * (isQuick ? 4 : 20);

    protected override async Task<Measurement> MeasureAsync(PhaseRun run)
    {
        var all = run.WarmUp + run.Jobs;
        var (due, acknowledged) = (new long[all], new long[all]);
        await run.Subject.StartWorkersAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        var meter = await run.StartAsync();
        var sent = new Task[all];
        // A thread of its own: the pool's may be busy, which is part of what is measured.
        var pacer = new Thread(() => Send(due, job => sent[job] = Task.Run(() => SendAsync(job)))) { IsBackground = true };
        pacer.Start();
        await Task.Run(pacer.Join);
        await Task.WhenAll(sent);
        await run.Subject.DrainedAsync();
        var usage = await meter.StopAsync();
        var timed = Enumerable.Range(run.WarmUp, run.Jobs).ToArray();
        return new Measurement(all, usage)
        {
            Acknowledged = Latencies.Of(timed.Select(job => acknowledged[job] - due[job])),
            Started = Latencies.Of(timed.Select(job => run.Tally.StartedAt(job) - due[job])),
        };

        async Task SendAsync(int job)
        {
            await run.Subject.SubmitAsync(job);
            acknowledged[job] = Stopwatch.GetTimestamp();
        }
    }

    private static void Send(long[] due, Action<int> send)
    {
        using var never = new ManualResetEventSlim();
        var first = Stopwatch.GetTimestamp();
        for (var job = 0; job < due.Length; job++)
        {
            due[job] = first + (job * Stopwatch.Frequency / PerSecond);
            // Waits are in whole milliseconds; the rest is spun away.
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due[job]).TotalMilliseconds is var wait and >= 1)
                never.Wait((int)wait);
            while (Stopwatch.GetTimestamp() < due[job])
                Thread.SpinWait(20);
            send(job);
        }
    }
}
