using System.Text.Json;
using Hearth.Functions.Payloads;
using Hearth.Storage;

namespace Hearth.Schedules;

/// <summary>Where a schedule stands; stored as JSON with every tick.</summary>
internal sealed record ScheduleState
{
    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its owner changed it last.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Ticks up to this one have been decided on.</summary>
    public DateTimeOffset Tick { get; init; }

    /// <summary>When it was paused; null: it is not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>Why it was paused.</summary>
    public string? Reason { get; init; }

    /// <summary>Its jobs that may not have ended; none where ticks may overlap.</summary>
    public IReadOnlyList<Guid> Open { get; init; } = [];

    /// <summary>Ticks that wait for the end of the job before.</summary>
    public IReadOnlyList<DateTimeOffset> Buffered { get; init; } = [];

    /// <summary>Those of <see cref="Buffered"/> that wait though ticks may overlap or cancel each other: a backfill wants them one after the other.</summary>
    public IReadOnlyList<DateTimeOffset> Filling { get; init; } = [];

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, HearthJson.Stored);

    public static ScheduleState Read(ScheduleRow row) => JsonSerializer.Deserialize<ScheduleState>(row.State.Span, HearthJson.Stored)!;
}

/// <summary>What is stored of a schedule cannot be understood by this silo.</summary>
internal sealed class ScheduleUnreadableException(string name, string why, Exception? innerException = null)
    : Exception($"Schedule '{name}' cannot be read here. {why}", innerException);

/// <summary>A schedule as it is stored, read.</summary>
internal sealed record Schedule(ScheduleRow Row, ScheduleDefinition Definition, ScheduleState State, Timetable Table)
{
    public string Name => Row.Name;

    /// <exception cref="ScheduleUnreadableException">What is stored cannot be understood here: it is of a newer version, or of a zone that this machine lacks.</exception>
    public static Schedule Read(ScheduleRow row)
    {
        try
        {
            var definition = JsonSerializer.Deserialize<ScheduleDefinition>(row.Definition.Span, HearthJson.Stored)!;
            var (table, mistake) = Timetable.Create(row.Name, definition.Timing);
            return new Schedule(row, definition, ScheduleState.Read(row), table ?? throw new ScheduleUnreadableException(row.Name, mistake!.Detail));
        }
        catch (JsonException e)
        {
            throw new ScheduleUnreadableException(row.Name, "It may have been stored by a newer version of Hearth.", e);
        }
    }

    public static byte[] Write(ScheduleDefinition definition) => JsonSerializer.SerializeToUtf8Bytes(definition, HearthJson.Stored);
}
