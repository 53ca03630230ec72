using Hearth.Hosting;
using Hearth.Jobs;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Hosting;

/// <summary>Who calls the shards that live on a silo.</summary>
public sealed class ShardWakerTests : JobWorldTests
{
    [Fact]
    public async Task A_shard_that_another_silo_began_by_an_older_view_is_woken_too()
    {
        var silo = await world.StartAsync();
        var directory = new ShardDirectory(
            silo.Grains, silo.Store, silo.View, new QueueBindings([], new HearthOptions()), silo.Catalogue, NullLogger<ShardDirectory>.Instance);
        using var waker = new ShardWaker(directory, silo.View, world.Clock, NullLogger<ShardWaker>.Instance);
        await waker.StartAsync(CancellationToken.None);
        await JobWorld.EventuallyAsync(() => silo.Store.Calls.GetValueOrDefault("ShardsAsync") >= 1, "the shards are listed");
        await JobWorld.PauseAsync();

        // Its silo learns only now that this one is there, and has no reason to call it.
        await world.Store.ClaimAsync(ShardKey.Of("young"), "another", isPlanned: false, CancellationToken.None);
        await JobWorld.EventuallyAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return (await world.Store.ShardsAsync(CancellationToken.None)).Single(shard => shard.Key == ShardKey.Of("young")).Epoch == 2;
            },
            "it is claimed here");
        await waker.StopAsync(CancellationToken.None);
    }
}
