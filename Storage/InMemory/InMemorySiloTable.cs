using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Hearth.Storage.InMemory;

/// <summary>The reference: what <see cref="ISiloTable"/> means, under one lock, on a clock that tests move. Silos share the object.</summary>
public sealed class InMemorySiloTable(TimeProvider clock) : ISiloTable
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];
    private readonly List<Channel<long>> watchers = [];
    private long version;

    /// <summary>Set by tests: the table cannot be reached.</summary>
    public bool IsAway { get; set; }

    private DateTimeOffset Now => clock.GetUtcNow();

    public SiloHolder? Register(SiloRegistration silo, string? superseded = null) => Do(() =>
    {
        ArgumentNullException.ThrowIfNull(silo);
        entries.RemoveAll(e => e.EndedAt < Now - SiloLease.EndedKept);
        if (entries.Any(e => e.Row.Id == silo.Id))
            return null;
        if (superseded is not null && Living(superseded) is { } dead && (Now - dead.Row.RenewedAt).Duration() > SiloLease.EarlyDeathAfter)
            End(dead, SiloRowStatus.Dead);
        if (entries.Find(e => e.IsLiving && e.Row.Silo.Name == silo.Name)?.Row is { } holder)
            return new SiloHolder(holder.Id, holder.Silo.Host, holder.Silo.Port, holder.Beat.Http, holder.RenewedAt, Now - holder.RenewedAt);
        entries.Add(new Entry(new SiloRow(silo, IsDraining: false, default, Now, Now, Now, [])));
        Raise();
        return null;
    });

    public SiloTableRead? Renew(string id, SiloBeat beat) => Do(() =>
    {
        if (Living(id) is not { } own)
            return null;
        var hasGap = (Now - own.Row.RenewedAt).Duration() > SiloLease.GapMax;
        own.Row = own.Row with { Beat = beat, RenewedAt = Now, SteadySince = hasGap ? Now : own.Row.SteadySince, RefusedBy = [] };
        return ReadNow();
    });

    public SiloTableRead Read() => Do(ReadNow);

    public bool Drain(string id) => Do(() =>
    {
        if (Living(id) is not { } found)
            return false;
        if (!found.Row.IsDraining)
        {
            found.Row = found.Row with { IsDraining = true };
            Raise();
        }

        return true;
    });

    public void Refuse(string id, string by) => Do(() =>
    {
        if (id != by && Living(by) is not null && Living(id) is { } found && !found.Row.RefusedBy.Contains(by))
            found.Row = found.Row with { RefusedBy = [.. found.Row.RefusedBy, by] };
        return true;
    });

    public bool DeclareDead(string id, string by) => Do(() =>
    {
        var read = ReadNow();
        if (id == by || Living(id) is not { } found || Living(by) is not { } judge
            || !SiloLease.MayDeclare(judge.Row, read.Now) || !SiloLease.IsDead(found.Row, read))
        {
            return false;
        }

        End(found, SiloRowStatus.Dead);
        return true;
    });

    public void Leave(string id) => Do(() =>
    {
        if (Living(id) is { } found)
            End(found, SiloRowStatus.Left);
        return true;
    });

    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<long>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
            watchers.Add(channel);
        await foreach (var seen in channel.Reader.ReadAllAsync(cancellationToken))
            yield return seen;
    }

    public void Dispose()
    {
        // Others use it.
    }

    /// <summary>For tests: every row with its status, those that ended as well.</summary>
    public IReadOnlyList<(string Id, SiloRowStatus Status)> All => Do(() => entries.ConvertAll(e => (e.Row.Id, e.Status)));

    private Entry? Living(string id) => entries.Find(e => e.IsLiving && e.Row.Id == id);

    private SiloTableRead ReadNow() => new(
        version, Now, [.. entries.Where(e => e.IsLiving).Select(e => e.Row).OrderBy(row => row.Silo.Name, StringComparer.Ordinal)]);

    private void End(Entry entry, SiloRowStatus status)
    {
        (entry.Ended, entry.EndedAt) = (status, Now);
        Raise();
    }

    private void Raise()
    {
        version++;
        foreach (var watcher in watchers)
            watcher.Writer.TryWrite(version);
    }

    private T Do<T>(Func<T> action)
    {
        if (IsAway)
            throw new StoreUnavailableException("The table is away.");
        lock (gate)
            return action();
    }

    private sealed class Entry(SiloRow row)
    {
        public SiloRow Row { get; set; } = row;

        public SiloRowStatus? Ended { get; set; }

        public DateTimeOffset? EndedAt { get; set; }

        public bool IsLiving => Ended is null;

        public SiloRowStatus Status => Ended ?? (Row.IsDraining ? SiloRowStatus.Draining : SiloRowStatus.Active);
    }
}
