using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hearth.Executables;

/// <summary>
/// Starts, watches, reaps and ends all programs on one thread that lives as long as the supervisor: the death signal that a program
/// gets (PR_SET_PDEATHSIG) comes when the thread that started it ends. Being one thread, it needs no lock.
/// <list type="number">
/// <item>orders: start and kill, from the runs</item>
/// <item>reap: whoever has ended; when it is a run's first process, its group and all that it left behind end too</item>
/// <item>look (every 100 ms while anything runs): too large a tree ends, and so do orphans of no live run</item>
/// </list>
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxLauncher : IRunLauncher, IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<Action> orders = new();
    private readonly AutoResetEvent bell = new(initialState: false);
    private readonly Dictionary<int, LinuxProgram> running = [];
    private readonly PosixSignalRegistration childSignals;
    private readonly Orphans orphans;
    private bool ending;

    public LinuxLauncher()
    {
        orphans = new Orphans(running);
        childSignals = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => bell.Set());
        new Thread(Run) { IsBackground = true, Name = "Executables" }.Start();
    }

    public Task<IRunningProgram> StartAsync(RunRequest request)
    {
        var started = new TaskCompletionSource<IRunningProgram>(TaskCreationOptions.RunContinuationsAsynchronously);
        Order(() => Start(request, started));
        return started.Task;
    }

    public void EndAll()
    {
        using var done = new ManualResetEventSlim();
        Order(() =>
        {
            ending = true;
            foreach (var program in running.Values)
                Posix.Kill(program.Pid);
            done.Set();
        });
        done.Wait();
        // The thread goes on reaping; wait for it to find no child left, but not for ever on one that the kernel cannot end.
        SpinWait.SpinUntil(() => Posix.EndedChild() is null, TimeSpan.FromSeconds(2));
    }

    public void Dispose()
    {
        childSignals.Dispose();
        bell.Dispose();
    }

    private void Order(Action order)
    {
        orders.Enqueue(order);
        bell.Set();
    }

    private void Run()
    {
        var looked = 0L;
        while (true)
        {
            while (orders.TryDequeue(out var order))
                order();
            var childless = Reap();
            if (!childless && Environment.TickCount64 - looked >= Look.TotalMilliseconds)
            {
                orphans.LookAround();
                looked = Environment.TickCount64;
            }

            bell.WaitOne(childless && orders.IsEmpty ? Timeout.InfiniteTimeSpan : Look);
        }
    }

    private void Start(RunRequest request, TaskCompletionSource<IRunningProgram> started)
    {
        try
        {
            if (ending)
                throw new IOException("The supervisor is ending.");
            var program = LinuxProgram.Start(request, Kill);
            running.Add(program.Pid, program);
            started.SetResult(program);
        }
        catch (Exception e)
        {
            // Whatever it is belongs to the run that asked, not to this thread.
            started.SetException(e as IOException ?? new IOException(e.Message, e));
        }
    }

    private void Kill(LinuxProgram program) => Order(() =>
    {
        // Only while it is here is its id its own.
        if (running.ContainsKey(program.Pid) && !program.Ended.IsCompleted)
            Posix.Kill(program.Pid);
    });

    /// <summary>True when no child is left.</summary>
    private bool Reap()
    {
        while (Posix.EndedChild() is { } pid)
        {
            if (pid == 0)
                return false;
            if (running.TryGetValue(pid, out var program))
                End(program);
            else
                orphans.Reap(pid);
        }

        return true;
    }

    private void End(LinuxProgram program)
    {
        // Still a zombie, so the id of its group cannot have gone to anybody else.
        Posix.KillGroup(program.Pid);
        running.Remove(program.Pid);
        if (Posix.Reap(program.Pid) is not { } exit)
            return;
        program.Used(exit.CpuSeconds, exit.MemoryBytes);
        orphans.EndOf(program);
        program.End(exit.Status);
    }
}
