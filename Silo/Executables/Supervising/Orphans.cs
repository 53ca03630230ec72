namespace Hearth.Executables;

/// <summary>
/// What programs leave behind. The supervisor is its descendants' sub-reaper, so a process whose parents are gone, whatever session
/// or group it moved to, is a child of the supervisor: an orphan. It belongs to the live run whose mark its environment holds;
/// without such a mark it ends. Used from the launcher's thread only.
/// </summary>
internal sealed class Orphans(Dictionary<int, LinuxProgram> running)
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(2);

    private readonly Dictionary<int, LinuxProgram> known = [];

    /// <summary>True when it had ended and is gone now.</summary>
    public bool Reap(int pid)
    {
        if (Posix.Reap(pid) is not { } exit)
            return false;
        if (known.Remove(pid, out var program))
            program.Used(exit.CpuSeconds, exit.MemoryBytes);
        return true;
    }

    /// <summary>Ends what a run has left, its first process being reaped; again and again, because the left may start others.</summary>
    public void EndOf(LinuxProgram program)
    {
        var until = Environment.TickCount64 + EndMax.TotalMilliseconds;
        while (!ReapEnded(program) && Environment.TickCount64 < until)
        {
            var table = ProcessTable.Read();
            var mine = Roots(table).Where(pid => IsLeftBy(program, pid)).SelectMany(table.Tree).ToList();
            if (mine.Count == 0)
                return;
            mine.ForEach(Posix.Kill);
            Thread.Yield();
        }
    }

    /// <summary>Ends orphans of no live run, and runs of too many processes.</summary>
    public void LookAround()
    {
        var table = ProcessTable.Read();
        var counts = running.Values.ToDictionary(p => p, p => table.Tree(p.Pid).Count);
        foreach (var root in Roots(table))
        {
            var tree = table.Tree(root);
            if (OwnerOf(root) is { } owner)
                counts[owner] += tree.Count;
            else
                foreach (var pid in tree)
                    Posix.Kill(pid);
        }

        foreach (var (program, _) in counts.Where(pair => pair.Value > pair.Key.Request.ProcessesMax))
        {
            program.TooManyProcesses = true;
            Posix.Kill(program.Pid);
        }
    }

    private IEnumerable<int> Roots(ProcessTable table) =>
        table.Children(Environment.ProcessId).Where(pid => !running.ContainsKey(pid));

    private bool IsLeftBy(LinuxProgram program, int pid)
    {
        if (OwnerOf(pid) is not null)
            return false;
        known[pid] = program;
        return !Reap(pid);
    }

    private LinuxProgram? OwnerOf(int pid)
    {
        var run = ProcessTable.RunOf(pid);
        if (run is null)
        {
            // In the middle of an exec the environment reads empty for an instant: ask once more before it counts as absent.
            Thread.Yield();
            run = ProcessTable.RunOf(pid);
        }

        var owner = running.Values.FirstOrDefault(program => string.Equals(program.Request.Id, run, StringComparison.Ordinal));
        if (owner is not null)
            known[pid] = owner;
        return owner;
    }

    /// <summary>Reaps the orphans that have ended. True when the supervisor has no child left at all: the usual, cheap case.</summary>
    private bool ReapEnded(LinuxProgram program)
    {
        while (Posix.EndedChild() is { } pid)
        {
            // Another run's first process is left to the launcher; EndedChild would name it again and again.
            if (pid == 0 || running.ContainsKey(pid))
                return false;
            known.TryAdd(pid, program);
            Reap(pid);
        }

        return true;
    }
}
