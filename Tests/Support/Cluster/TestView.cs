using System.Collections.Concurrent;
using Hearth.Cluster;

namespace Hearth.Tests.Support.Cluster;

/// <summary>A cluster as a test says that it is.</summary>
internal sealed class TestView : IClusterView
{
    private volatile bool mayStart = true;

    public TestView(string self, params string[] others)
    {
        Self = self;
        Current = new ClusterSnapshot(1, [.. others.Prepend(self).Select(id => SiloOf(id))]);
    }

    public event Action? Changed;

    public string Self { get; }

    public ClusterSnapshot Current { get; private set; }

    /// <summary>What it answers first, before <see cref="MayStartJobs"/> says what it says.</summary>
    public ConcurrentQueue<bool> MayStartAnswers { get; } = new();

    public bool MayStartJobs
    {
        get => MayStartAnswers.TryDequeue(out var answer) ? answer : mayStart;
        set
        {
            mayStart = value;
            Changed?.Invoke();
        }
    }

    public static SiloView SiloOf(string id, params string[] pools) => new(
        id, id, pools.Length == 0 ? ["default"] : pools, SiloRoles.Frontend | SiloRoles.Worker, SiloStatus.Active, default, null, "1", default, default);

    /// <summary>Others come or go.</summary>
    public void Set(params SiloView[] silos)
    {
        Current = new ClusterSnapshot(Current.Version + 1, silos);
        Changed?.Invoke();
    }

    public Task<bool> DrainAsync(string name, CancellationToken cancellationToken) => Task.FromResult(false);
}
