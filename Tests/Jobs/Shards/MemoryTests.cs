using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>A shard's memory and its parts, beside naive models.</summary>
public sealed class MemoryTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int counter;

    [Fact]
    public void A_function_queue_hands_out_by_priority_then_place()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var queue = new FunctionQueue("f");
            var model = new List<JobEntry>[5];
            for (var i = 0; i < 5; i++)
                model[i] = [];
            var all = new List<JobEntry>();
            for (var step = 0; step < 300; step++)
            {
                switch (random.Next(6))
                {
                    case 0 or 1:
                        var added = new JobEntry(NextId(), queue) { Priority = (byte)random.Next(1, 6) };
                        all.Add(added);
                        queue.AddLast(added);
                        model[added.Priority - 1].Add(added);
                        break;
                    case 2 when all.Count > 0:
                        var again = all[random.Next(all.Count)];
                        if (!model[again.Priority - 1].Contains(again))
                            model[again.Priority - 1].Insert(0, again);
                        queue.AddFirst(again);
                        break;
                    case 3 when all.Count > 0:
                        all[random.Next(all.Count)].State = random.Next(2) == 0 ? JobState.Cancelled : JobState.Ready;
                        break;
                    case 4 when all.Count > 0:
                        var changing = all[random.Next(all.Count)];
                        changing.IsChanging = !changing.IsChanging;
                        break;
                    default:
                        JobEntry? expected = null;
                        foreach (var line in model)
                        {
                            while (expected is null && line.Count > 0)
                            {
                                expected = line[0].State == JobState.Ready && !line[0].IsChanging ? line[0] : null;
                                line.RemoveAt(0);
                            }
                        }

                        Assert.True(expected == queue.Take(), $"seed {seed}");
                        break;
                }

                Assert.True(queue.Peek().SequenceEqual(model.SelectMany(line => line)), $"seed {seed}");
                Assert.True(queue.Count == model.Sum(line => line.Count), $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Ended_jobs_leave_a_line_from_which_nobody_takes()
    {
        var queue = new FunctionQueue("f");
        var kept = new List<JobEntry>();
        for (var i = 0; i < 100_000; i++)
        {
            var job = new JobEntry(NextId(), queue) { Priority = (byte)((i % 5) + 1) };
            queue.AddLast(job);
            if (i % 100 == 0)
            {
                kept.Add(job);
                continue;
            }

            job.State = JobState.Cancelled;
            queue.Ended(job);
        }

        Assert.InRange(queue.Count, kept.Count, 20_000);
        var taken = new List<JobEntry>();
        while (queue.Take() is { } job)
            taken.Add(job);
        Assert.Equal(kept.OrderBy(job => job.Priority).ThenBy(job => job.Id), taken);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Times_come_in_order_and_those_nobody_wants_are_dropped()
    {
        var wanted = new HashSet<JobId>();
        var timed = new TimedJobs(wanted.Contains);
        var expected = new List<(JobId Id, long At)>();
        var random = new Random(3);
        for (var i = 0; i < 200_000; i++)
        {
            var (id, at) = (NextId(), random.NextInt64(1_000_000));
            timed.Add(id, at);
            if (i % 50 == 0)
            {
                wanted.Add(id);
                expected.Add((id, at));
            }
        }

        Assert.InRange(timed.Count, expected.Count, 20_000);
        var taken = new List<(JobId Id, long At)>();
        while (timed.First is { } at)
        {
            Assert.False(timed.TryTake(at - 1, out _));
            Assert.True(timed.TryTake(at, out var id));
            if (wanted.Contains(id))
                taken.Add((id, at));
        }

        Assert.Equal(expected.Order(), taken.Order());
        Assert.Equal(taken.Select(t => t.At).Order(), taken.Select(t => t.At));
    }

    [Fact]
    public void The_budget_is_never_exceeded_and_all_of_it_comes_back()
    {
        var budget = new PayloadBudget(20_000);
        Parallel.For(0, 4, seed =>
        {
            var kept = new Stack<JobSpec>();
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var job = new JobSpec("f", "text/plain", new byte[random.Next(500)]);
                if (random.Next(2) == 0 && budget.TryKeep(job))
                    kept.Push(job);
                else if (kept.TryPop(out var last))
                    budget.Release(last);
                Assert.InRange(kept.Sum(k => PayloadBudget.BytesOf(k)), 0, 20_000);
            }

            while (kept.TryPop(out var last))
                budget.Release(last);
        });
        Assert.Equal((0, 20_000), (budget.Used, budget.Left));
        while (budget.TryKeep(new JobSpec("f", "text/plain", new byte[100])))
            Assert.InRange(budget.Used, 1, 20_000);
        Assert.InRange(budget.Left, 0, 300);
    }

    [Fact]
    public void A_memory_counts_what_a_naive_one_counts()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var budget = new PayloadBudget(50_000);
            var memory = new ShardMemory(budget);
            var (parked, ready, waking) = (new Dictionary<JobId, long>(), new HashSet<JobId>(), new HashSet<JobId>());
            var now = Now;
            for (var step = 0; step < 400; step++)
            {
                now += TimeSpan.FromSeconds(random.Next(3));
                switch (random.Next(7))
                {
                    case 0 or 1:
                        var due = random.Next(2) == 0 ? now.AddSeconds(random.Next(1, 60)) : (DateTimeOffset?)null;
                        var row = new JobRow(NextId(), JobWorld.Spec("f", "", new JobOptions { DueAt = due }));
                        Assert.True((memory.Accept(row, now) is null) == (due is not null), $"seed {seed}");
                        if (due is { } at)
                            parked.Add(row.Id, at.UtcTicks);
                        else
                            ready.Add(row.Id);
                        break;
                    case 2 when parked.Count > 0:
                        // Somebody cancels a parked job, be it waking or not; a second end is not let through.
                        var cancelled = parked.Keys.ElementAt(random.Next(parked.Count));
                        Assert.True(memory.BeginEnd(cancelled), $"seed {seed}");
                        Assert.False(memory.BeginEnd(cancelled), $"seed {seed}");
                        if (random.Next(4) == 0)
                        {
                            memory.FailEnd(cancelled, (now + TimeSpan.FromSeconds(1)).UtcTicks);
                            if (waking.Remove(cancelled))
                                parked[cancelled] = (now + TimeSpan.FromSeconds(1)).UtcTicks;
                            break;
                        }

                        memory.End(End(cancelled));
                        memory.End(End(cancelled));
                        parked.Remove(cancelled);
                        waking.Remove(cancelled);
                        break;
                    case 3 when ready.Count > 0:
                        var ended = ready.ElementAt(random.Next(ready.Count));
                        memory.End(End(ended));
                        memory.End(End(ended));
                        ready.Remove(ended);
                        break;
                    case 4:
                        while (memory.TryWake(now.UtcTicks, out var woken))
                        {
                            Assert.True(parked[woken] <= now.UtcTicks && waking.Add(woken), $"seed {seed}");
                        }

                        Assert.True(parked.Where(p => !waking.Contains(p.Key)).All(p => p.Value > now.UtcTicks), $"seed {seed}");
                        break;
                    case 5 when waking.Count > 0:
                        var asleep = waking.First();
                        memory.Sleep(asleep, (now + TimeSpan.FromSeconds(2)).UtcTicks);
                        waking.Remove(asleep);
                        parked[asleep] = (now + TimeSpan.FromSeconds(2)).UtcTicks;
                        break;
                    case 6 when waking.Count > 0:
                        var awake = waking.First();
                        Assert.True(memory.Wake(awake), $"seed {seed}");
                        Assert.False(memory.Wake(awake), $"seed {seed}");
                        memory.Describe(memory.Add(awake, "f")!, JobWorld.Spec("f"));
                        waking.Remove(awake);
                        parked.Remove(awake);
                        ready.Add(awake);
                        break;
                }

                Assert.True((memory.Parked, memory.Open) == (parked.Count, parked.Count + ready.Count), $"seed {seed}");
                Assert.True(memory.OpenIds().Order().SequenceEqual(parked.Keys.Concat(ready).Order()), $"seed {seed}");
                Assert.True(memory.Entries.Select(job => job.Id).Order().SequenceEqual(ready.Order()), $"seed {seed}");
            }

            foreach (var id in ready)
                memory.End(End(id));
            Assert.Equal(0, budget.Used);
        }
    }

    private static JobEnd End(JobId id) => new(id, JobState.Cancelled, 0, null, Now, default, null);

    private JobId NextId() => JobId.Create(Now.ToUnixTimeMilliseconds(), ++counter, 1, 1);
}
