using System.Diagnostics;

namespace Hearth.Executables;

/// <summary>
/// A pipe from the silo, on which a byte comes every second while the silo is alive and its lease stands. It ends when the pipe
/// closes, which the kernel does for a silo killed in any way, or when nothing has come for 4 s: less than the lease of 5 s, so that
/// a silo which is stopped, or cut off from its cluster, has no executable left when others take over its work.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(4);

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream pipe;
    private readonly Timer silence;
    private long heard = Stopwatch.GetTimestamp();

    public Lifeline(Stream pipe)
    {
        this.pipe = pipe;
        silence = new Timer(_ => EndIfSilent(), state: null, Beat, TimeSpan.FromMilliseconds(250));
        // A thread of its own: a busy thread pool must not delay the news.
        new Thread(Listen) { IsBackground = true, Name = "Lifeline" }.Start();
    }

    public Task Ended => ended.Task;

    public void Dispose() => silence.Dispose();

    private void Listen()
    {
        var bytes = new byte[64];
        try
        {
            while (pipe.Read(bytes) > 0)
                Volatile.Write(ref heard, Stopwatch.GetTimestamp());
        }
        catch (IOException)
        {
            // A broken pipe is a closed one.
        }

        End();
    }

    private void EndIfSilent()
    {
        if (Stopwatch.GetElapsedTime(Volatile.Read(ref heard)) > SilenceMax)
            End();
    }

    private void End() => ended.TrySetResult();
}
