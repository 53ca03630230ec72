using Hearth.Queues;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Limits that count for several shards. The first of a generation keeps the books (<see cref="StartKeeper"/>); all of them, itself too, ask it for starts
/// (<see cref="StartGrants"/>). A new keeper first meets every shard, so that none uses what a former one has granted; and a new owner of a shard first
/// reads which keeper it may believe.
/// </summary>
internal sealed partial class ShardGrain
{
    private static readonly TimeSpan AskMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>A pump waits for an answer so long, and for two of them before it gives up a silo that is not its own.</summary>
    private static readonly TimeSpan HearMax = TimeSpan.FromMilliseconds(40);

    /// <summary>The generation that this shard shares its queue's limits with; null: it is alone.</summary>
    private QueueGeneration? shared;

    private StartGrants? grants;
    private StartKeeper? keeper;
    private string keeperKey = "";
    private bool knowsKeeper;
    private (string Keeper, StartGrants Grants)? numbered;
    private bool isAsking;
    private bool isKeeperLate;
    private TaskCompletionSource? heard;
    private bool isStoring;

    bool IStartKeeperHost.MayGive => !isLost && !isMoving && !isToConfigure && !IsSilentNow();

    long IStartKeeperHost.Now => store.Now.UtcTicks;

    public Task<StartsGrant> AskStartsAsync(StartsAsk ask)
    {
        if (keeper is null || isLost || isMoving)
            return Task.FromResult(StartsGrant.None);
        var grant = keeper.Answer(ask);
        _ = journal.WriteAsync();
        ArmTimer();
        return Task.FromResult(grant);
    }

    public async Task<StartsAsk> MeetKeeperAsync(string keeper, long epoch)
    {
        if (grants is null || keeperKey != keeper)
            await ReconfigureAsync();
        await RecoveredAsync();
        if (isLost || isMoving || isToConfigure || grants is null || limits is null || keeperKey != keeper || !grants.Meet(epoch))
            throw new StoreUnavailableException("The shard cannot tell yet how it stands; try again.");
        return NextAsk(grants);
    }

    public Task StartsFreedAsync()
    {
        if (grants is null)
            return Task.CompletedTask;
        grants.Called();
        ((IShardLimitsHost)this).Ask();
        return Task.CompletedTask;
    }

    string IShardLimitsHost.NameOf(byte silo) => holders.NameOf(silo) ?? "";

    void IShardLimitsHost.Ask()
    {
        if (!isAsking && grants is { MustAsk: true })
            _ = AskAsync();
    }

    void IStartKeeperHost.Call(string shard)
    {
        if (shard == Key)
            _ = StartsFreedAsync();
        else
            _ = GrainFactory.GetGrain<IShardGrain>(shard).StartsFreedAsync();
    }

    void IStartKeeperHost.Arm() => ArmTimer();

    void IStartKeeperHost.Store(Guid scope, long at, int count, long keptUntil)
    {
        ((IShardLimitsHost)this).Store(scope, at, count, keptUntil);
        if (!isStoring)
            _ = StoreSoonAsync();
    }

    /// <summary>Divides the limits that are wanted: what counts for all shards goes to the keeper and to what it grants.</summary>
    /// <returns>What this shard counts by itself; null: nothing.</returns>
    private QueueLimits? ShareLimits()
    {
        if (shared is null || !StartGrants.AreFor(wanted))
        {
            (grants, keeper, keeperKey) = (null, null, "");
            return wanted;
        }

        var first = shared.KeyOf(ShardKey.QueueOf(Key), 0);
        if (first != keeperKey || grants is null)
            (grants, keeper, keeperKey, knowsKeeper) = (GrantsOf(first), null, first, false);
        grants.Use(wanted!);
        Keep(wanted!, shared);
        return wanted! with { Rates = null, Concurrency = null, ConcurrencyPerSilo = null };
    }

    /// <summary>Asks are numbered over changes of the limits.</summary>
    private StartGrants GrantsOf(string first)
    {
        if (numbered?.Keeper != first)
            numbered = (first, new StartGrants());
        return numbered.Value.Grants;
    }

    private void Keep(QueueLimits all, QueueGeneration generation)
    {
        if (keeperKey != Key)
            return;
        if (keeper is not null)
        {
            keeper.Change(all, startsBefore);
            return;
        }

        keeper = new StartKeeper(claim.Epoch, all, this);
        _ = OpenAsync(keeper, generation);
    }

    /// <summary>Nothing is granted before all shards have told how they stand, and those who told are the owners.</summary>
    private async Task OpenAsync(StartKeeper mine, QueueGeneration generation)
    {
        var queue = ShardKey.QueueOf(Key);
        List<string> missing = [.. Enumerable.Range(0, generation.Count).Select(n => generation.KeyOf(queue, n))];
        try
        {
            while (missing.Count > 0)
            {
                await Task.WhenAll(missing.Select(shard => MeetAsync(mine, shard)));
                var epochs = (await store.ShardsAsync(leaving.Token)).ToDictionary(shard => shard.Key, shard => shard.Epoch, StringComparer.Ordinal);
                missing.RemoveAll(shard => mine.EpochOf(shard) >= epochs.GetValueOrDefault(shard));
            }

            if (keeper != mine)
                return;
            startsBefore.ExtendDoubt(store.Now.UtcTicks);
            mine.Open(startsBefore);
            _ = journal.WriteAsync();
            ArmTimer();
        }
        catch (Exception e) when (!leaving.IsCancellationRequested)
        {
            LogNotMet(logger, Key, "the store", e.Message);
            await Task.Delay(RecoveryPause, clock, leaving.Token);
            _ = OpenAsync(mine, generation);
        }
        catch (Exception) when (leaving.IsCancellationRequested)
        {
            // The next owner keeps the books.
        }
    }

    private async Task MeetAsync(StartKeeper mine, string shard)
    {
        while (keeper == mine)
        {
            leaving.Token.ThrowIfCancellationRequested();
            try
            {
                mine.Note(await GrainFactory.GetGrain<IShardGrain>(shard).MeetKeeperAsync(Key, claim.Epoch).WaitAsync(RecoveryWaitMax, clock, leaving.Token));
                return;
            }
            catch (Exception e) when (!leaving.IsCancellationRequested)
            {
                LogNotMet(logger, Key, shard, e.Message);
                await Task.Delay(AskAgain, clock, leaving.Token);
            }
        }
    }

    /// <summary>One ask after the other, as long as there is something to tell.</summary>
    private async Task AskAsync()
    {
        isAsking = true;
        // Whoever asks is in the middle of counting.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            while (grants is { MustAsk: true } mine && limits is not null && !isLost && !isMoving)
            {
                isKeeperLate = !await TryAskAsync(mine);
                TellHeard();
                if (isKeeperLate)
                    await Task.Delay(AskAgain, clock, leaving.Token);
            }
        }
        catch (Exception) when (leaving.IsCancellationRequested)
        {
            // The next owner tells how it stands.
        }
        finally
        {
            isAsking = false;
            TellHeard();
        }
    }

    /// <summary>
    /// Waits for starts that were just asked for: whoever wants them has slots now, and when he comes the next time these starts may be over. The first answer
    /// may be to an ask before. A keeper that is late once is not waited for before it has answered.
    /// </summary>
    /// <param name="isAnyReady">There are jobs to start.</param>
    /// <param name="silo">Where.</param>
    private async Task<bool> GetStartsAsync(bool isAnyReady, string silo)
    {
        var n = 0;
        for (; n < 2 && isAnyReady && isAsking && !isKeeperLate && grants?.HasFor(silo) == false; n++)
        {
            var next = (heard ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            await next.WaitAsync(HearMax, clock, leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            isKeeperLate |= !next.IsCompleted;
        }

        return n > 0 && grants?.HasFor(silo) == true;
    }

    private void TellHeard()
    {
        heard?.TrySetResult();
        heard = null;
    }

    private async Task<bool> TryAskAsync(StartGrants mine)
    {
        try
        {
            await ReadKeeperAsync(mine);
            var ask = NextAsk(mine);
            var grant = await AskAsync(ask);
            if (mine != grants || !mine.Take(ask, grant))
            {
                mine.Failed();
                return mine != grants;
            }

            if (grant.Given.Length > 0)
                limits?.Granted();
            ArmTimer();
            return true;
        }
        catch (Exception e) when (!leaving.IsCancellationRequested)
        {
            LogNotAsked(logger, Key, keeperKey, e.Message);
            mine.Failed();
            return false;
        }
    }

    private Task<StartsGrant> AskAsync(StartsAsk ask) => keeperKey == Key
        ? AskStartsAsync(ask)
        : GrainFactory.GetGrain<IShardGrain>(keeperKey).AskStartsAsync(ask).WaitAsync(AskMax, clock, leaving.Token);

    /// <summary>A keeper that is not the owner any more may not know it, and this shard's owner has not been met by the one of now.</summary>
    private async Task ReadKeeperAsync(StartGrants mine)
    {
        if (knowsKeeper)
            return;
        var epoch = keeperKey == Key ? claim.Epoch : (await store.ShardsAsync(leaving.Token)).FirstOrDefault(shard => shard.Key == keeperKey)?.Epoch ?? 0;
        knowsKeeper = true;
        // It may have been met by a later one meanwhile.
        mine.Meet(epoch);
    }

    /// <summary>Starts were left over, and no job is ready for them.</summary>
    private void ReturnUnused()
    {
        if (grants is not { Left: > 0 } || Startable > 0)
            return;
        grants.Called();
        ((IShardLimitsHost)this).Ask();
    }

    /// <summary>The journal's rows of this turn stay together.</summary>
    private async Task StoreSoonAsync()
    {
        isStoring = true;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        isStoring = false;
        await journal.WriteAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private int Startable => definition.Paused ? 0 : memory.Suspects.Count + memory.Queues.Sum(queue => queue.HasOffers ? queue.Count : 0);

    private StartsAsk NextAsk(StartGrants mine) => mine.Next(Key, claim.Epoch, limits!.Running, Startable);

    [LoggerMessage(LogLevel.Information, "Shard {Shard} keeps its queue's limits and grants nothing yet: {Other} has not told how it stands: {Why}")]
    private static partial void LogNotMet(ILogger logger, string shard, string other, string why);

    [LoggerMessage(LogLevel.Information, "Shard {Shard} could not ask {Keeper} for starts; trying again: {Why}")]
    private static partial void LogNotAsked(ILogger logger, string shard, string keeper, string why);
}
