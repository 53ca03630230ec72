using Hearth.Jobs;

namespace Hearth.Tests.Jobs.Limits;

internal sealed partial class SharedHistory
{
    /// <summary>An owner of the shard that keeps the books; whether it still is, it cannot know.</summary>
    private sealed class Keeper : IStartKeeperHost
    {
        private readonly SharedHistory world;
        private readonly List<(Guid Scope, long At, int Count)> coming = [];
        private readonly HashSet<int> missing = [];
        private bool isOpen;

        public Keeper(SharedHistory world, long epoch)
        {
            (this.world, Epoch) = (world, epoch);
            Books = new StartKeeper(epoch, world.limits, this);
        }

        public long Epoch { get; }

        public StartKeeper Books { get; }

        public bool IsStoring => coming.Count > 0;

        public bool IsNew { get; private set; } = true;

        /// <summary>The keeper before has told all.</summary>
        public bool IsTold { get; init; }

        public long Now => world.now;

        public bool MayGive => true;

        private bool IsOwner => world.Current == this;

        public void Begin()
        {
            IsNew = false;
            if (world.MeetsNobody)
            {
                Open();
                return;
            }

            for (var shard = 0; shard < world.owners.Count; shard++)
            {
                missing.Add(shard);
                Meet(shard);
            }
        }

        public void Die(bool isOrderly)
        {
            if (isOrderly)
            {
                Arrive();
                Books.Close();
            }

            if (isOrderly || world.random.Next(2) == 0)
                world.stored.AddRange(coming);
            else
                coming.ForEach(row => Books.NotStored(row.Scope, row.Count));
            coming.Clear();
            var next = new Keeper(world, Epoch + 1) { IsTold = isOrderly && isOpen };
            world.keepers.Add(next);
            next.Begin();
        }

        public void Arrive()
        {
            foreach (var row in coming.ToList())
            {
                coming.Remove(row);
                if (!IsOwner)
                {
                    Books.NotStored(row.Scope, row.Count);
                    continue;
                }

                world.stored.Add(row);
                Books.Stored(row.Scope, row.Count);
            }
        }

        public void Call(string shard)
        {
            var at = int.Parse(shard, System.Globalization.CultureInfo.InvariantCulture);
            world.messages.Add(new Message(() => world.owners[at].Call(), () => { }));
        }

        public void Arm()
        {
        }

        public void Store(Guid scope, long at, int count, long keptUntil) => coming.Add((scope, at, count));

        /// <summary>It may come to an owner that has died since, and does not know.</summary>
        private void Meet(int shard)
        {
            var owner = world.owners[shard];
            world.messages.Add(new Message(() => Hear(shard, owner), () => Meet(shard)));
        }

        private void Hear(int shard, Owner owner)
        {
            if (owner.Meet(Epoch) is not { } how)
                return;
            world.messages.Add(new Message(
                () =>
                {
                    Books.Note(how);
                    missing.Remove(shard);
                    if (missing.Count == 0)
                        OpenIfAllAreOwners();
                },
                () => Meet(shard)));
        }

        private void OpenIfAllAreOwners()
        {
            // Who is not the owner any more finds that out here.
            if (!IsOwner || isOpen)
                return;
            foreach (var owner in world.owners.Where(owner => Books.EpochOf($"{owner.Shard}") < owner.Epoch))
            {
                missing.Add(owner.Shard);
                Meet(owner.Shard);
            }

            if (missing.Count == 0)
                Open();
        }

        private void Open()
        {
            isOpen = true;
            Books.Open(world.Forgets || Epoch == 1 ? StartsBefore.None : new StartsBefore(world.stored, IsTold ? null : world.now));
        }
    }
}
