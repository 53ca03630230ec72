namespace Hearth.Jobs;

/// <summary>Bytes of payloads that the shards of a silo may keep in memory; what does not fit is read when it is leased.</summary>
internal sealed class PayloadBudget(long bytesMax = PayloadBudget.Default)
{
    private const long Default = 64 << 20;
    private const int Overhead = 160; // the objects around the bytes

    private long used;

    /// <summary>Bytes kept now.</summary>
    public long Used => Interlocked.Read(ref used);

    /// <summary>Bytes that still fit.</summary>
    public long Left => Math.Max(0, bytesMax - Used);

    public bool TryKeep(JobSpec job)
    {
        var bytes = BytesOf(job);
        if (Interlocked.Add(ref used, bytes) <= bytesMax)
            return true;
        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public void Release(JobSpec job) => Interlocked.Add(ref used, -BytesOf(job));

    public static long BytesOf(JobSpec job) => job.Input.Length + Overhead;
}
