using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Engines;

/// <summary>What was read last, in the forms that others need.</summary>
internal sealed partial class MembershipAgent
{
    private static readonly TimeSpan AfterRipe = TimeSpan.FromMilliseconds(10);

    /// <param name="Read">The table.</param>
    /// <param name="Snapshot">For the product.</param>
    /// <param name="Placement">For the engine; kept while it says the same.</param>
    /// <param name="IsDraining">Whether this silo is.</param>
    /// <param name="LookIn">When the next beat is due, counted from the beat that read this.</param>
    private sealed record State(SiloTableRead Read, ClusterSnapshot Snapshot, PlacementView Placement, bool IsDraining, TimeSpan LookIn)
    {
        private static readonly SiloTableRead Nothing = new(0, default, []);

        public static State None { get; } = new(Nothing, new ClusterSnapshot(0, []), new PlacementView(Nothing, new ClusterSnapshot(0, []), ""), IsDraining: false, TimeSpan.Zero);

        public static State From(SiloTableRead read, State before, string self)
        {
            var snapshot = new ClusterSnapshot(read.Version, [.. read.Silos.Select(View)]);
            return new State(
                read, snapshot, before.Placement.Fits(read) ? before.Placement : new PlacementView(read, snapshot, self),
                read.Silos.First(silo => silo.Id == self).IsDraining, NextLook(read, self));
        }

        /// <summary>In a second, or when the first is dead that is not yet.</summary>
        private static TimeSpan NextLook(SiloTableRead read, string self)
        {
            var wait = SiloLease.RenewEvery;
            foreach (var silo in read.Silos.Where(silo => silo.Id != self))
            {
                var age = (read.Now - silo.RenewedAt).Duration();
                var deadFrom = silo.RefusedBy.Count > 0 && age <= SiloLease.EarlyDeathAfter ? SiloLease.EarlyDeathAfter : SiloLease.Length;
                if (age <= deadFrom && deadFrom - age + AfterRipe < wait)
                    wait = deadFrom - age + AfterRipe;
            }

            return wait;
        }

        private static SiloView View(SiloRow row) => new(
            row.Id, row.Silo.Name, row.Silo.Pools, (SiloRoles)row.Silo.Roles, row.IsDraining ? SiloStatus.Draining : SiloStatus.Active,
            new SiloLoad(row.Beat.Running, row.Beat.Waiting), row.Beat.Http, row.Silo.Version, row.StartedAt, row.RenewedAt);
    }
}
