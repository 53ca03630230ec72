using System.Collections.Immutable;
using System.Security.Cryptography;
using Hearth.Cluster;
using Orleans.Embedded;
using Orleans.Placement;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded.Wire;

/// <summary>Keys are <c>{anything}@{silo}</c> and live there, or anything else and live on the silo that they hash to, or are pinned to.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FarAttribute() : PlacementAttribute(new FarPlacement());

public sealed class FarPlacement : PlacementStrategy;

/// <summary>The silos of a test, as a table in memory that every one of them reads.</summary>
internal sealed class TestView
{
    private readonly Lock _gate = new();
    private ImmutableList<TestLocator> _locators = [];

    public Snapshot Latest { get; private set; } = new(1, ImmutableDictionary<string, Row>.Empty, ImmutableDictionary<string, string>.Empty, null);

    public TestLocator NewLocator(string silo)
    {
        var locator = new TestLocator(this, silo);
        _locators = _locators.Add(locator);
        return locator;
    }

    public void Set(string silo, Row row) => Change(s => s with { Rows = s.Rows.SetItem(silo, row) });
    public void Drain(string silo) => Change(s => s with { Rows = s.Rows.SetItem(silo, s.Rows[silo] with { IsActive = false }) });
    public void Remove(string silo) => Change(s => s with { Rows = s.Rows.Remove(silo) });
    public void Pin(string key, string silo) => Change(s => s with { Pins = s.Pins.SetItem(key, silo) });

    private void Change(Func<Snapshot, Snapshot> change)
    {
        lock (_gate)
            Latest = change(Latest) with { Version = Latest.Version + 1, Before = Latest };
        foreach (var locator in _locators)
            locator.Follow();
    }

    internal sealed record Row(SiloEndpoint Endpoint, bool IsActive = true);

    internal sealed record Snapshot(long Version, ImmutableDictionary<string, Row> Rows, ImmutableDictionary<string, string> Pins, Snapshot? Before)
    {
        public string? Locate(string key)
        {
            var at = key.LastIndexOf('@');
            var wanted = Pins.GetValueOrDefault(key) ?? (at < 0 ? null : key[(at + 1)..]);
            if (wanted is not null)
                return Rows.GetValueOrDefault(wanted) is { IsActive: true } ? wanted : null;
            return Rendezvous.Pick(key, Rows.Where(r => r.Value.IsActive).Select(r => r.Key));
        }
    }
}

/// <summary>What one silo knows of the view. It follows every change unless it is told not to.</summary>
internal sealed class TestLocator(TestView view, string self) : IGrainLocator
{
    private TestView.Snapshot _known = view.Latest;

    public event Action? Changed;

    public bool Follows { get; set; } = true;
    public bool CanRefresh { get; set; } = true;
    public List<string> RefusedBy { get; } = [];
    public string Self => self;
    public long Version => Volatile.Read(ref _known).Version;

    public void Follow()
    {
        if (Follows)
            Take();
    }

    public void Take()
    {
        Volatile.Write(ref _known, view.Latest);
        Changed?.Invoke();
    }

    public string? Locate(PlacementStrategy? strategy, string key) => _known.Locate(key);

    public IEnumerable<string> FormerHomes(PlacementStrategy? strategy, string key)
    {
        var known = _known;
        var former = new HashSet<string>();
        for (var (before, steps) = (known.Before, 0); before is not null && steps < 8; before = before.Before, steps++)
            if (before.Locate(key) is { } silo && silo != self && known.Rows.ContainsKey(silo))
                former.Add(silo);
        return former;
    }

    public SiloEndpoint? EndpointOf(string silo) => _known.Rows.GetValueOrDefault(silo)?.Endpoint;

    public string? SiloOfCertificate(ReadOnlySpan<byte> sha256)
    {
        foreach (var (silo, row) in _known.Rows)
            if (CryptographicOperations.FixedTimeEquals(row.Endpoint.CertificateSha256.Span, sha256))
                return silo;
        return null;
    }

    public Task RefreshAsync(long version, CancellationToken cancellationToken)
    {
        if (CanRefresh && Version < version)
            Take();
        return Task.CompletedTask;
    }

    public void Refused(string silo)
    {
        lock (RefusedBy)
            RefusedBy.Add(silo);
    }
}
