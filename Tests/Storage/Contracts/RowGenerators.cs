using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Rows with anything in them that may be: all of Unicode but NUL (which PostgreSQL does not store), times to a tick in any zone.</summary>
internal static class RowGenerators
{
    private static readonly Gen<Rune> Runes = Gen.OneOf(
        Gen.Choose(0x20, 0x7E), Gen.Elements('"', '\\', '\'', '\n', '\t', '%', '_', ',', '{', '}').Select(c => (int)c),
        Gen.Choose(1, 0x1F), Gen.Choose(0xA0, 0xD7FF), Gen.Choose(0xE000, 0xFFFD), Gen.Choose(0x10000, 0x10FFFF)).Select(i => new Rune(i));

    public static readonly Gen<string> Texts = Runes.ArrayOf().Select(runes => string.Concat(runes));

    private static readonly Gen<string> Names = from first in Runes from rest in Texts select first + rest;

    private static readonly Gen<DateTimeOffset> Times =
        from day in Gen.Choose(-3_000, 30_000)
        from ticks in Gen.Choose(0, int.MaxValue)
        from zone in Gen.Choose(-14, 14)
        select new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day).AddTicks(ticks * 397L).ToOffset(TimeSpan.FromHours(zone));

    private static readonly Gen<TimeSpan> Spans = Gen.Choose(1, int.MaxValue).Select(ticks => TimeSpan.FromTicks(ticks * 1_001L));

    public static readonly Gen<ReadOnlyMemory<byte>> Payloads = Gen.Frequency(
        (1, Gen.Constant(0)), (20, Gen.Choose(1, 300)), (5, Gen.Choose(301, 20_000)))
        .SelectMany(length => Gen.Choose(0, int.MaxValue).Select(seed => Bytes(length, seed)));

    private static readonly Gen<RetryPolicy> Retries =
        from attempts in Gen.Choose(1, 1_000)
        from initial in Maybe(Spans)
        from factor in Gen.Choose(100, 1_000)
        from cap in Maybe(Spans)
        from jitter in Gen.Choose(0, 100)
        from not in MaybeNull(Names.ArrayOf())
        select new RetryPolicy(attempts, initial, factor / 100d, cap, jitter / 100d, not);

    private static readonly Gen<UniqueSpec> Uniques =
        from key in MaybeNull(Names)
        from within in Maybe(Spans)
        from states in MaybeNull(Gen.Elements(Enum.GetValues<JobState>()).ArrayOf())
        select new UniqueSpec(key, within, states);

    private static readonly Gen<JobOptions> Options =
        from parameters in MaybeNull((from name in Names from value in Texts select KeyValuePair.Create(name, value)).ArrayOf())
        from lenient in Gen.Elements(true, false)
        from due in Maybe(Times)
        from expires in Maybe(Times)
        from priority in Gen.Choose(1, 5)
        from timeout in Maybe(Spans)
        from retry in MaybeNull(Retries)
        from tags in MaybeNull(Names.ArrayOf().Where(tags => tags.Length <= JobLimits.TagsMax))
        from unique in MaybeNull(Uniques)
        from trace in MaybeNull(Names)
        from key in MaybeNull(Names)
        from redrive in Maybe(Gen.Choose(1, 1_000).Select(n => JobId.Create(1_700_000_000_000 + n, n, n, n)))
        select new JobOptions
        {
            Parameters = parameters?.DistinctBy(p => p.Key).ToDictionary(),
            Lenient = lenient,
            DueAt = due,
            ExpiresAt = expires,
            Priority = (byte)priority,
            Timeout = timeout,
            Retry = retry,
            Tags = tags,
            Unique = unique,
            TraceParent = trace,
            Key = key,
            RedriveOf = redrive,
        };

    public static readonly Gen<JobSpec> Specs =
        from function in Names
        from type in Names
        from input in Payloads
        from options in MaybeNull(Options)
        select new JobSpec(function, type, input, options);

    /// <summary>Ends of a job that is yet to be named.</summary>
    public static readonly Gen<JobEnd> Ends =
        from state in Gen.Elements(JobState.Succeeded, JobState.Failed, JobState.Cancelled)
        from attempt in Gen.Choose(0, int.MaxValue)
        from started in Maybe(Times)
        from ended in Times
        from result in Payloads
        from type in MaybeNull(Texts)
        from error in Texts
        from errorType in MaybeNull(Names)
        select state == JobState.Succeeded
            ? new JobEnd(default, state, attempt, started, ended, result, type)
            : new JobEnd(default, state, attempt, started, ended, default, null, error, errorType);

    /// <summary>Attempts of one job that is yet to be named, in order.</summary>
    public static readonly Gen<JobAttemptRow[]> Attempts = (
        from kind in Gen.Elements(AttemptKind.Started, AttemptKind.Returned, AttemptKind.Failed)
        from at in Times
        from started in Maybe(Times)
        from retry in Maybe(Times)
        from error in MaybeNull(Texts)
        from type in MaybeNull(Texts)
        select new JobAttemptRow(default, 0, kind, at, started, retry, error, type)).ArrayOf()
        .Select(rows => rows.Select((row, i) => row with { Attempt = i + 1 }).ToArray());

    /// <summary>Notes of one job that is yet to be named, in order.</summary>
    public static readonly Gen<JobNoteRow[]> Notes = (
        from kind in Gen.Elements(Enum.GetValues<NoteKind>())
        from attempt in Gen.Choose(1, int.MaxValue)
        from at in Times
        from text in Texts
        select new JobNoteRow(default, 0, kind, attempt, at, text)).ArrayOf()
        .Select(rows => rows.Select((row, i) => row with { Number = i + 1 }).ToArray());

    public static ReadOnlyMemory<byte> Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Gen<T?> Maybe<T>(Gen<T> some)
        where T : struct => Gen.OneOf(Gen.Constant((T?)null), some.Select(value => (T?)value));

    private static Gen<T?> MaybeNull<T>(Gen<T> some)
        where T : class => Gen.OneOf(Gen.Constant((T?)null), some.Select(value => (T?)value));
}
