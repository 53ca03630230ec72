using System.Globalization;
using System.Text;

namespace Hearth.Executables;

/// <summary>One look at /proc: who is whose child. /proc/*/children would be shorter but is not in every kernel.</summary>
internal sealed class ProcessTable
{
    /// <summary>Which run a process belongs to; in its environment, which daemons keep through fork and setsid.</summary>
    public const string Marker = "HEARTH_RUN";

    private readonly Dictionary<int, List<int>> children = [];

    public static ProcessTable Read()
    {
        var table = new ProcessTable();
        Span<byte> stat = stackalloc byte[512];
        foreach (var pid in Ids())
            if (Parent(pid, stat) is { } parent)
                table.Add(parent, pid);
        return table;
    }

    public IReadOnlyList<int> Children(int pid) => children.GetValueOrDefault(pid, []);

    /// <summary>A process and all below it, top down.</summary>
    public IReadOnlyList<int> Tree(int root)
    {
        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(Children(tree[i]));
        return tree;
    }

    /// <summary>The run that a process says it is of; null when it does not say or cannot be asked.</summary>
    public static string? RunOf(int pid)
    {
        try
        {
            var environment = File.ReadAllText($"/proc/{pid}/environ", Encoding.Latin1);
            return environment.Split('\0')
                .FirstOrDefault(variable => variable.StartsWith(Marker + "=", StringComparison.Ordinal))?[(Marker.Length + 1)..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or has taken another user's rights.
            return null;
        }
    }

    public static IEnumerable<int> Ids()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(folder.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                yield return pid;
    }

    private void Add(int parent, int pid)
    {
        if (!children.TryGetValue(parent, out var list))
            children[parent] = list = [];
        list.Add(pid);
    }

    /// <summary>The parent; null for what has ended. "pid (name) state ppid ...": the name may hold anything, also parentheses.</summary>
    private static int? Parent(int pid, Span<byte> stat)
    {
        try
        {
            using var file = File.OpenHandle($"/proc/{pid}/stat");
            var text = stat[..RandomAccess.Read(file, stat, 0)];
            text = text[(text.LastIndexOf((byte)')') + 1)..];
            if (text.Length < 4)
                return null;
            // A zombie counts: its first thread may have ended while others run on.
            text = text[3..];
            return int.Parse(text[..text.IndexOf((byte)' ')], NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended between the listing and the look.
            return null;
        }
    }
}
