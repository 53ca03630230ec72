using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs;

/// <summary>
/// Random operations against shard and pump, one seed a run: submissions, cancels, re-drives, time, owners that stop, die or lose the shard,
/// a store that fails, waits and loses answers. At the end all is repaired and what is stored is compared with what was acknowledged.
/// </summary>
internal sealed class RandomOperations(int seed, Func<TimeProvider, IJobStore> store) : IAsyncDisposable
{
    private static readonly string[] Names = ["echo", "fail", "hold", "flaky", "echo", "stuck"];

    private readonly Random random = new(seed);
    private readonly JobWorld world = new(store) { Options = new JobsOptions("random") { CheckpointEvery = 15, StopGrace = TimeSpan.FromSeconds(1) } };
    private readonly List<(string What, Task Task)> underWay = [];
    private readonly List<string> gates = [];

    // What was acknowledged: the model.
    private readonly Lock gate = new();
    private readonly Dictionary<JobId, string> accepted = [];
    private readonly Dictionary<string, JobId> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<JobId, (int Runs, long Epoch)> cancelled = [];
    private readonly Dictionary<JobId, JobEnd> endsSeen = [];
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    private JobSilo silo = null!;
    private QueueLimits? limits;
    private int counter;
    private bool isSlow;
    private string at = "at the start";

    /// <summary>How far it has come, and which calls have not been answered.</summary>
    public string Where
    {
        get
        {
            var open = underWay.ToArray().Where(call => call.Task?.IsCompleted == false).Select(call => call.What);
            return $"{at}, {world.Clock.GetUtcNow():O}, not answered: {string.Join(", ", open)}";
        }
    }

    public async Task RunAsync(int steps)
    {
        world.PayloadBytes = random.Next(3) * 3_000;
        world.Concurrency = random.Next(1, 6);
        isSlow = random.Next(3) > 0;
        if (random.Next(2) == 0)
            Limit();
        await StartAsync();
        for (var step = 0; step < steps; step++)
        {
            at = $"step {step}";
            await StepAsync();
            if (random.Next(4) == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 4)), TimeProvider.System);
        }

        at = "repairing";
        await RepairAsync();
        at = "checking";
        await CheckAsync();
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    /// <summary>Limits may make jobs wait, and change nothing else.</summary>
    private void Limit()
    {
        limits = new QueueLimits
        {
            Concurrency = random.Next(2) == 0 ? random.Next(1, 4) : null,
            KeyConcurrency = random.Next(3) == 0 ? random.Next(1, 3) : null,
            KeyOrder = random.Next(3) == 0,
            Fair = random.Next(2) == 0,
            Rates = random.Next(2) == 0 ? [new RateLimit(random.Next(3, 20), TimeSpan.FromSeconds(random.Next(1, 20)), random.Next(2) == 0 ? null : 5)] : null,
            KeyRates = random.Next(3) == 0 ? [new RateLimit(random.Next(3, 20), TimeSpan.FromSeconds(random.Next(1, 20)))] : null,
            Ageing = random.Next(3) == 0 ? TimeSpan.FromSeconds(2) : null,
        };
        world.Given = new QueueDefinition { Limits = limits };
    }

    private async Task StepAsync()
    {
        switch (random.Next(30))
        {
            case < 12:
                Begin("submit", SubmitAsync(silo, random.Next(1, 4)));
                break;
            case < 15 when Any(accepted.Keys) is { } id:
                Begin("cancel", CancelAsync(silo, id));
                break;
            case 15 when Any(accepted.Keys) is { } id:
                Begin("redrive", RedriveAsync(silo, id));
                break;
            case 16 or 17 when gates.Count > 0:
                var opened = random.Next(gates.Count);
                world.Gate(gates[opened]).TrySetResult();
                gates.RemoveAt(opened);
                break;
            case < 22:
                world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3_000)));
                silo.Tick();
                break;
            case 22:
                await SeeEndsAsync();
                break;
            case 23 when random.Next(2) == 0:
                silo.Crash();
                await StartAsync();
                break;
            case 24 when random.Next(3) == 0:
                await StopAsync();
                break;
            case 25 when random.Next(2) == 0:
                await world.TakeOverAsync();
                break;
            case 26:
                if (random.Next(2) == 0)
                    silo.Store.FailNextWrite();
                else
                    silo.Store.LoseNextOutcome(random.Next(2) == 0);
                break;
            case 27:
                (silo.Store.IsDown, silo.Store.IsReadOnly) = (random.Next(3) == 0, random.Next(3) == 0);
                break;
            case 28:
                silo.Store.HoldWrites();
                break;
            default:
                silo.Store.ReleaseWrites();
                (silo.Store.IsDown, silo.Store.IsReadOnly) = (false, false);
                break;
        }
    }

    private async Task SubmitAsync(JobSilo to, int count)
    {
        var specs = Enumerable.Range(0, count).Select(_ => NextSpec()).ToArray();
        lock (gate)
            asked.UnionWith(specs.Select(TokenOf));
        if (random.Next(4) > 0)
        {
            var many = await to.Shard.SubmitManyAsync(specs);
            Assert.Equal(SubmitOutcome.Accepted, many.Outcome);
            for (var i = 0; i < count; i++)
                Accept(many.First.Plus(i), TokenOf(specs[i]));
            return;
        }

        var name = $"key {random.Next(10)}";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        var spec = JobWorld.Spec("echo", name);
        lock (gate)
            asked.Add(name);
        var submitted = await to.Shard.SubmitAsync(spec, new JobKey(hash, hash));
        lock (gate)
        {
            Assert.Contains(submitted.Outcome, new[] { SubmitOutcome.Accepted, SubmitOutcome.Repeat, SubmitOutcome.InProgress });
            if (submitted.Outcome == SubmitOutcome.InProgress)
                return;
            accepted[submitted.Id] = name;
            Assert.Equal(submitted.Id, keys.TryGetValue(name, out var known) ? known : keys[name] = submitted.Id);
        }
    }

    private async Task CancelAsync(JobSilo at, JobId id)
    {
        var outcome = await at.Shard.CancelAsync(id);
        Assert.NotEqual(ActResult.Unknown, outcome.Result);
        if (outcome.Result != ActResult.Done)
            return;
        var epoch = (await world.Store.ShardsAsync(CancellationToken.None)).Single(s => s.Number == id.Shard).Epoch;
        lock (gate)
            cancelled.TryAdd(id, (world.Runs.Count, epoch));
    }

    private async Task RedriveAsync(JobSilo at, JobId id)
    {
        var outcome = await at.Shard.RedriveAsync(id);
        if (outcome.Result == ActResult.Done)
            Accept(outcome.Id, accepted[id]);
    }

    private async Task StopAsync()
    {
        silo.Store.ReleaseWrites();
        await world.Clock.AdvanceUntilAsync(silo.StopAsync(), TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));
        silo.Crash();
        await StartAsync();
    }

    /// <summary>The next silo, on a store that answers at once or when it likes.</summary>
    private async Task StartAsync()
    {
        silo = await world.StartAsync();
        if (isSlow)
            silo.Store.BeforeAnswer = _ => Random.Shared.Next(3) == 0 ? Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(6)), TimeProvider.System) : Task.CompletedTask;
        Begin("wake", silo.Shard.WakeAsync());
    }

    /// <summary>What is stored as an end now must be so at the end.</summary>
    private async Task SeeEndsAsync()
    {
        foreach (var id in accepted.Keys.ToList())
        {
            if (await world.Store.FindEndAsync(id, CancellationToken.None) is { } end)
                endsSeen.TryAdd(id, end);
        }
    }

    private async Task RepairAsync()
    {
        silo.Store.ReleaseWrites();
        (silo.Store.IsDown, silo.Store.IsReadOnly) = (false, false);
        await SeeEndsAsync();
        world.OpenAll();
        await JobWorld.EventuallyAsync(
            async () =>
            {
                // Faults that nothing has met yet may still come.
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                silo.Tick();
                try
                {
                    await silo.Shard.WakeAsync();
                    return (await silo.Shard.DepthAsync()).Open == 0 && await AllEndedAsync() && silo.Pump.HeldOf(ShardKey.Of(JobSilo.Queue), 0).Length == 0;
                }
                catch (Exception e) when (e is StoreUnavailableException or TimeoutException or OrleansMessageRejectionException)
                {
                    return false;
                }
            },
            DescribeAsync);
        Assert.Equal(0, silo.Budget.Used);
    }

    /// <summary>What can be seen from outside; at last, whether the shard hands out jobs to somebody who asks now.</summary>
    private async Task<string> DescribeAsync()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"all jobs end; it is {world.Clock.GetUtcNow():O}, limits {System.Text.Json.JsonSerializer.Serialize(limits)}");
        foreach (var open in await silo.Shard.ListOpenAsync(new OpenJobFilter(Limit: 5)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"open: {open}; stored: {await world.Store.FindAsync(open.Id, CancellationToken.None)}");
            text.AppendLine(CultureInfo.InvariantCulture, $"  on record: {string.Join(", ", await world.AttemptsAsync(open.Id))}");
            text.AppendLine(CultureInfo.InvariantCulture, $"  runs: {string.Join(", ", world.RunsOf(open.Id))}");
        }

        var held = silo.Pump.HeldOf(ShardKey.Of(JobSilo.Queue), 0);
        text.AppendLine(CultureInfo.InvariantCulture, $"depth: {await silo.Shard.DepthAsync()}; held: {string.Join(", ", held)}; store: {silo.Store.Told}");
        foreach (var shard in await world.Store.ShardsAsync(CancellationToken.None))
            text.AppendLine(CultureInfo.InvariantCulture, $"{shard}, permits {string.Join(", ", await world.Store.PermitsAsync(shard.Number, CancellationToken.None))}");
        var functions = silo.Functions.All.Values.Where(function => !function.IsExternal).ToList();
        foreach (var function in functions)
            text.AppendLine(CultureInfo.InvariantCulture, $"{function.Name}: {function.Slots.InUse} slots in use, {function.Slots.Waiting} wait");
        var suspect = await silo.Shard.LeaseSuspectAsync([.. functions.Select(function => function.Name)], silo.NextCall());
        text.AppendLine(CultureInfo.InvariantCulture, $"asked for suspects: {suspect?.Id}");
        foreach (var function in functions)
            text.AppendLine(CultureInfo.InvariantCulture, $"asked for {function.Name}: {(await silo.Shard.LeaseAsync(function.Name, 1, silo.NextCall())).Length}");
        return text.ToString();
    }

    private async Task<bool> AllEndedAsync()
    {
        foreach (var id in Accepted())
        {
            if (await world.Store.FindAsync(id, CancellationToken.None) is not { HasEnded: true })
                return false;
        }

        return true;
    }

    private async Task CheckAsync()
    {
        // What was asked of silos that have died since gives up by the clock.
        var settled = Task.WhenAll(underWay.Select(call => Settled(call.Task)));
        await world.Clock.AdvanceUntilAsync(settled, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1));
        await settled;
        var runs = world.Runs.ToList();
        foreach (var id in Accepted())
        {
            var end = (await world.Store.FindEndAsync(id, CancellationToken.None))!.Value;
            var history = (await world.Store.HistoryAsync(id, CancellationToken.None)).Attempts;
            var mine = runs.Where(run => run.Id == id).ToList();
            Assert.True(!endsSeen.TryGetValue(id, out var seen) || (seen.State, seen.EndedAt, seen.Attempt) == (end.State, end.EndedAt, end.Attempt), $"The end of {id} changed.");
            Assert.True(end.State != JobState.Succeeded || mine.Exists(run => run.Attempt == end.Attempt), $"{id} succeeded without a run.");
            var losses = history.GroupBy(a => a.Attempt).Count(g => g.All(a => a.Kind == AttemptKind.Started));
            Assert.True(end.ErrorType != "crashed" || losses >= JobLimits.CrashesMax, $"{id} crashed after {losses} losses.");
            Assert.True(end.ErrorType is not "expired" || end.State == JobState.Cancelled, $"{id} expired as {end.State}.");
            Assert.True(end.State != JobState.Failed || end.ErrorType is "crashed" or "InvalidOperationException", $"{id} failed as {end.ErrorType}.");
        }

        foreach (var same in runs.GroupBy(run => (run.Id, run.Attempt)).Where(same => same.Count() > 1))
        {
            var rows = (await world.Store.HistoryAsync(same.Key.Id, CancellationToken.None)).Attempts;
            Assert.Fail($"Runs have the same number: {string.Join(", ", runs.Where(run => run.Id == same.Key.Id))}; on record: {string.Join(", ", rows)}");
        }

        foreach (var run in runs)
        {
            Assert.True(asked.Contains(run.Input), $"{run} is not of a job that was submitted.");
            Assert.True(await world.Store.FindAsync(run.Id, CancellationToken.None) is not null, $"{run} is not of a stored job.");
            Assert.True(!accepted.TryGetValue(run.Id, out var token) || token == run.Input, $"{run} has another's input.");
        }

        foreach (var (id, at) in cancelled)
        {
            Assert.Equal(JobState.Cancelled, (await world.Store.FindEndAsync(id, CancellationToken.None))!.Value.State);
            Assert.True(runs.Skip(at.Runs).All(run => run.Id != id || run.Epoch < at.Epoch), $"{id} ran after its cancel was acknowledged.");
        }
    }

    private List<JobId> Accepted()
    {
        lock (gate)
            return [.. accepted.Keys];
    }

    private JobSpec NextSpec()
    {
        var token = (++counter).ToString(CultureInfo.InvariantCulture);
        var name = Names[random.Next(Names.Length)];
        if (name is "hold" or "stuck" && random.Next(2) == 0)
            gates.Add(token);
        else if (name is "hold" or "stuck")
            world.Gate(token).TrySetResult();
        var options = new JobOptions
        {
            Delay = random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(20)) : null,
            ExpireAfter = random.Next(6) == 0 ? TimeSpan.FromSeconds(random.Next(1, 20)) : null,
            Priority = (byte)random.Next(1, 6),
            Key = random.Next(2) == 0 ? $"{random.Next(4)}" : null,
            Retry = new RetryPolicy(random.Next(1, 4), TimeSpan.FromMilliseconds(random.Next(2_000))),
            Timeout = TimeSpan.FromHours(1),
        };
        return JobWorld.Spec(name, name == "flaky" ? $"{random.Next(1, 4)} {token}" : token, random.Next(4) == 0 ? null : options);
    }

    private static string TokenOf(JobSpec spec) => System.Text.Json.JsonSerializer.Deserialize<string>(spec.Input.Span)!;

    private void Accept(JobId id, string token)
    {
        lock (gate)
            accepted.Add(id, token);
    }

    private void Begin(string what, Task task) => underWay.Add(($"{what} at {at}", task));

    private JobId? Any(IEnumerable<JobId> ids)
    {
        lock (gate)
        {
            var all = ids.ToList();
            return all.Count == 0 ? null : all[random.Next(all.Count)];
        }
    }

    /// <summary>Refused, or unknown: then the model knows nothing of it.</summary>
    private static async Task Settled(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException or OrleansMessageRejectionException)
        {
        }
    }
}
