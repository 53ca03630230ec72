namespace Hearth.Jobs;

/// <summary>A job's id: a UUIDv7 (RFC 9562), written as 32 lower-case hexadecimal digits, so that text order is time order.</summary>
[GenerateSerializer]
[Immutable]
public readonly record struct JobId([property: Id(0)] Guid Value)
{
    public static JobId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static bool TryParse(string? text, out JobId id)
    {
        var parsed = Guid.TryParseExact(text, "N", out var value);
        id = new JobId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("N");
}
