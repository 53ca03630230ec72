using System.Text;

namespace Hearth.Tests.Support.Faults;

/// <summary>What a client of the system knows of one submission.</summary>
public enum Outcome
{
    /// <summary>It is about to be sent.</summary>
    Intent,

    /// <summary>Acknowledged with a job.</summary>
    Ok,

    /// <summary>Refused for certain: it must never run.</summary>
    Fail,

    /// <summary>No answer, or one that leaves it open: counts neither as lost nor as accepted.</summary>
    Unknown,

    /// <summary>An end of a job, as it was read back.</summary>
    End,
}

/// <summary>One line of a <see cref="ClientHistory"/>.</summary>
/// <param name="Outcome">What was told.</param>
/// <param name="Key">The submission, by a key of the client's own.</param>
/// <param name="Job">Known for <see cref="Outcome.Ok"/> and <see cref="Outcome.End"/>.</param>
/// <param name="Detail">The end, or why.</param>
public sealed record ClientLine(Outcome Outcome, string Key, string Job, string Detail);

/// <summary>Writes down what clients asked for and were told, as it happens, into a file that must lie outside the faulted disk.</summary>
public sealed class ClientHistory(string path) : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private bool frozen;
    private int acknowledged;

    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>All lines of a file; one that was cut in the middle is no line.</summary>
    public static IReadOnlyList<ClientLine> Read(string path) =>
        [.. LedgerLines.Read(path, fields: 4).Select(f => new ClientLine(Enum.Parse<Outcome>(f[0]), f[1], f[2], f[3]))];

    public void Intent(string key) => Add(Outcome.Intent, key);

    public void Ok(string key, string job)
    {
        lock (gate)
        {
            Add(frozen ? Outcome.Unknown : Outcome.Ok, key, job, frozen ? "answered after the cut" : "");
            acknowledged += frozen ? 0 : 1;
        }
    }

    public void Fail(string key, string why) => Add(Outcome.Fail, key, "", why);

    public void Unknown(string key, string why) => Add(Outcome.Unknown, key, "", why);

    /// <summary>An end that a client read, in a form that shows every difference: state and a digest of the result.</summary>
    public void End(string job, string end)
    {
        lock (gate)
        {
            if (!frozen)
                Add(Outcome.End, "", job, end);
        }
    }

    /// <summary>From now on answers come from a machine without power: they are unknown, until <see cref="Thaw"/>.</summary>
    public void Freeze()
    {
        lock (gate)
            frozen = true;
    }

    public void Thaw()
    {
        lock (gate)
            frozen = false;
    }

    public void Dispose() => file.Dispose();

    private void Add(Outcome outcome, string key, string job = "", string detail = "")
    {
        var line = Encoding.UTF8.GetBytes(LedgerLines.Format(outcome.ToString(), key, job, detail));
        lock (gate)
            file.Write(line);
    }
}
