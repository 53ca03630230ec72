using Hearth.Cluster;

namespace Hearth.Engines;

/// <summary>What others want of the beating thread: it is taken up by the next beat, which is hurried.</summary>
internal sealed partial class MembershipAgent
{
    /// <summary>A silo that stays refused is told of again so often: its next renewal voids what was told.</summary>
    private static readonly TimeSpan RefusedAgain = TimeSpan.FromMilliseconds(250);

    private const int RefusedMax = 1_000;

    private readonly Dictionary<string, long> refusedAt = new(StringComparer.Ordinal);
    private Asked next = new();

    /// <summary>A silo has refused a connection.</summary>
    public void Refused(string silo)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            if (refusedAt.TryGetValue(silo, out var at) && clock.GetElapsedTime(at, now) < RefusedAgain)
                return;
            if (refusedAt.Count >= RefusedMax)
                refusedAt.Clear(); // of silos long gone
            refusedAt[silo] = now;
            next.Refused.Add(silo);
        }

        Hurried?.Invoke();
    }

    /// <summary>Completes when the view has been read anew, or could not be.</summary>
    public Task LookAsync()
    {
        if (isOver)
            return Task.CompletedTask;
        Task looked;
        lock (gate)
            looked = next.Looked.Task;
        Hurried?.Invoke();
        return looked;
    }

    public Task<bool> DrainAsync(string name, CancellationToken cancellationToken)
    {
        if (isOver || Find(name) is null)
            return Task.FromResult(false);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
            next.Drains.Add((name, answer));
        Hurried?.Invoke();
        return answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>By id, or by name.</summary>
    private SiloView? Find(string name) => Current.Find(name) ?? Current.Silos.FirstOrDefault(silo => silo.Name == name);

    private Asked TakeAsked()
    {
        lock (gate)
        {
            var taken = next;
            next = new Asked();
            return taken;
        }
    }

    private sealed class Asked
    {
        public HashSet<string> Refused { get; } = new(StringComparer.Ordinal);

        public List<(string Name, TaskCompletionSource<bool> Answer)> Drains { get; } = [];

        public TaskCompletionSource Looked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The beat is over; what it did not come to has failed.</summary>
        public void Done()
        {
            foreach (var (_, answer) in Drains)
                answer.TrySetException(new Storage.StoreUnavailableException("The table of silos cannot be reached: whether the silo drains is not known."));
            Looked.TrySetResult();
        }
    }
}
