namespace Hearth.Functions.Runs;

/// <summary>What a function has cost on this silo since it was first served.</summary>
internal sealed class FunctionUsage
{
    private long succeeded;
    private long failed;
    private long timedOut;
    private long cancelled;
    private long refused;
    private long bytesIn;
    private long bytesOut;
    private long runTicks;
    private long cpuTicks;

    public void Ended(RunEnd end, TimeSpan took)
    {
        switch (end)
        {
            case RunEnd.Succeeded:
                Interlocked.Increment(ref succeeded);
                break;
            case RunEnd.Failed:
                Interlocked.Increment(ref failed);
                break;
            case RunEnd.TimedOut:
                Interlocked.Increment(ref timedOut);
                break;
            default:
                Interlocked.Increment(ref cancelled);
                break;
        }

        Interlocked.Add(ref runTicks, took.Ticks);
    }

    public void Refused() => Interlocked.Increment(ref refused);

    public void Moved(long input, long output)
    {
        Interlocked.Add(ref bytesIn, input);
        Interlocked.Add(ref bytesOut, output);
    }

    /// <summary>CPU time of an executable's processes; that of .NET code cannot be told apart from its neighbours'.</summary>
    public void Burned(TimeSpan cpu) => Interlocked.Add(ref cpuTicks, cpu.Ticks);

    public FunctionUsageView View() => new(
        Interlocked.Read(ref succeeded), Interlocked.Read(ref failed), Interlocked.Read(ref timedOut), Interlocked.Read(ref cancelled),
        Interlocked.Read(ref refused), Interlocked.Read(ref bytesIn), Interlocked.Read(ref bytesOut),
        TimeSpan.FromTicks(Interlocked.Read(ref runTicks)).TotalSeconds, TimeSpan.FromTicks(Interlocked.Read(ref cpuTicks)).TotalSeconds);
}

/// <summary>A function's usage as shown.</summary>
/// <param name="Succeeded">Runs that succeeded.</param>
/// <param name="Failed">Runs that threw or exited with an error.</param>
/// <param name="TimedOut">Runs that were cut off at their deadline.</param>
/// <param name="Cancelled">Runs whose caller went away.</param>
/// <param name="Refused">Calls answered 429.</param>
/// <param name="BytesIn">Input bytes.</param>
/// <param name="BytesOut">Output bytes.</param>
/// <param name="RunSeconds">Wall time of runs.</param>
/// <param name="CpuSeconds">CPU time of executables' processes; 0 for .NET functions.</param>
public sealed record FunctionUsageView(
    long Succeeded, long Failed, long TimedOut, long Cancelled, long Refused, long BytesIn, long BytesOut, double RunSeconds, double CpuSeconds);
