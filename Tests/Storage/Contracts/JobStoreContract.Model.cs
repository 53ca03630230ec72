using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Anything in any order, beside a model.</summary>
public abstract partial class JobStoreContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Anything_in_any_order_leaves_what_the_model_has(int seed)
    {
        var random = new Random(seed);
        var model = new Model(await ClaimAsync());
        for (var step = 0; step < 150; step++)
        {
            var name = await StepAsync(model, random);
            Assert.True(model.IsRight, $"Seed {seed}, step {step}: {name} was {(model.IsOwner ? "refused" : "accepted")}.");
            if (step % 10 != 9)
                continue;
            model.Owner = await ClaimAsync(model.Owner.Key);
            var open = (await RecoverAsync(model.Owner)).Select(RowText.Of).Order();
            Assert.True(model.Open.Select(RowText.Of).Order().SequenceEqual(open), $"Seed {seed}, step {step}: other jobs are open.");
            foreach (var id in model.Jobs.Keys.Where(_ => random.Next(10) == 0))
            {
                Assert.True(
                    RowText.Of(model.Shown(id)) == RowText.Of(await Store.FindAsync(id, None))
                    && RowText.Of(model.Ends.TryGetValue(id, out var end) ? end : null) == RowText.Of(await Store.FindEndAsync(id, None)),
                    $"Seed {seed}, step {step}: {id} is other than the model's.");
            }
        }
    }

    private async Task<string> StepAsync(Model model, Random random)
    {
        model.IsOwner = random.Next(6) != 0;
        var claim = model.IsOwner ? model.Owner : model.Former(random);
        switch (random.Next(8))
        {
            case 0:
                model.Owner = random.Next(2) == 0 ? await ClaimAsync(claim.Key) : await stored.ClaimAsStrangerAsync(claim.Key);
                model.IsRight = model.Owner.LastId == model.Jobs.Keys.DefaultIfEmpty().Max();
                return "a claim";
            case 1:
                await ReopenAsync();
                return "a restart";
            case 2:
                var upTo = model.Jobs.Keys.Where(_ => random.Next(3) == 0).DefaultIfEmpty().Max();
                var open = model.Open.Select(j => j.Id).Where(id => id <= upTo).Order().ToArray();
                model.Note(await Store.WriteCheckpointAsync(new ShardCheckpoint(claim.Number, claim.Epoch, upTo, open, 0), None));
                return "a checkpoint";
            default:
                var write = RandomWrite(model, claim, random);
                if (model.Note(await Store.WriteAsync(write)))
                    model.Add(write);
                return "a write";
        }
    }

    private ShardWrite RandomWrite(Model model, ShardClaim claim, Random random)
    {
        var jobs = NextJobs(claim, random.Next(5)).Concat(model.Rows.Where(_ => random.Next(40) == 0)).OrderBy(j => j.Id).ToArray();
        var known = model.Jobs.Keys.Concat(jobs.Select(j => j.Id)).Distinct().ToList();
        return new ShardWrite(claim.Number, claim.Epoch)
        {
            Jobs = jobs,
            Ends = known.Where(_ => random.Next(8) == 0).Select(id => End(id, (JobState)random.Next(5, 8)) with { Attempt = random.Next(9) }).ToArray(),
            Attempts = known.Where(_ => random.Next(8) == 0).Select(id => new JobAttemptRow(
                id, random.Next(1, 5), (AttemptKind)random.Next(1, 4), Store.Now, null, Store.Now.AddDays(random.Next(1, 9)), $"e{random.Next(9)}")).ToArray(),
        };
    }

    private sealed class Model(ShardClaim first)
    {
        private readonly List<ShardClaim> claims = [first];
        private readonly Dictionary<(JobId, int, AttemptKind), JobAttemptRow> attempts = [];

        public ShardClaim Owner
        {
            get => claims[^1];
            set => claims.Add(value);
        }

        public Dictionary<JobId, JobSpec> Jobs { get; } = [];

        public Dictionary<JobId, JobEnd> Ends { get; } = [];

        public bool IsOwner { get; set; }

        public bool IsRight { get; set; } = true;

        public IEnumerable<JobRow> Rows => Jobs.Select(j => new JobRow(j.Key, j.Value));

        public IEnumerable<OpenJob> Open => Jobs.Keys.Where(id => !Ends.ContainsKey(id)).Select(id =>
        {
            var rows = attempts.Values.Where(a => a.Id == id).ToList();
            var failed = rows.Where(a => a.Kind == AttemptKind.Failed).ToList();
            var crashes = rows.Count(a => a.Kind == AttemptKind.Started && !rows.Exists(b => b.Attempt == a.Attempt && b.Kind != a.Kind));
            // A time that a returned attempt has makes it a snooze.
            var over = rows.Where(a => a.Kind != AttemptKind.Started).ToList();
            var last = over.Count == 0 ? default : over.OrderBy(a => a.Attempt).ThenBy(a => a.Kind).Last();
            return new OpenJob(
                id, "f", 3, last.RetryAt, null, rows.Select(a => a.Attempt).DefaultIfEmpty().Max(), failed.Count, crashes, last.Kind == AttemptKind.Returned);
        });

        public ShardClaim Former(Random random) => claims.Count == 1 ? Owner with { Epoch = Owner.Epoch + 1 } : claims[random.Next(claims.Count - 1)];

        public bool Note(WriteOutcome outcome)
        {
            IsRight = IsOwner == (outcome == WriteOutcome.Written);
            return IsOwner;
        }

        public void Add(ShardWrite write)
        {
            foreach (var job in write.Jobs.Span)
                Jobs.TryAdd(job.Id, job.Spec);
            foreach (var end in write.Ends.Span)
                Ends.TryAdd(end.Id, end);
            foreach (var attempt in write.Attempts.Span)
                attempts.TryAdd((attempt.Id, attempt.Attempt, attempt.Kind), attempt);
        }

        public JobView Shown(JobId id)
        {
            if (Ends.TryGetValue(id, out var end))
            {
                return new JobView(id, "f", end.State)
                {
                    Attempt = end.Attempt, StartedAt = end.StartedAt, EndedAt = end.EndedAt, Error = end.Error, ErrorType = end.ErrorType,
                    ResultContentType = end.ContentType,
                };
            }

            var open = Open.Single(j => j.Id == id);
            var last = attempts.Values.Where(a => a.Id == id && a.Attempt == open.Attempt).ToList();
            var failed = attempts.Values.Where(a => a.Id == id && a.Kind == AttemptKind.Failed).OrderBy(a => a.Attempt).LastOrDefault();
            return new JobView(id, "f", open.IsSnoozed ? JobState.Scheduled : open.Failures > 0 ? JobState.Retrying : JobState.Ready)
            {
                DueAt = open.DueAt, Attempt = open.Attempt, Error = failed.Error,
                StartedAt = last.Exists(a => a.Kind == AttemptKind.Started) ? last.Find(a => a.Kind == AttemptKind.Started).At : null,
            };
        }
    }
}
