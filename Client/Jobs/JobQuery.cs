using System.Globalization;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>Which jobs to find; all conditions hold, and null is none.</summary>
public sealed record JobQuery
{
    /// <summary>Of this queue.</summary>
    public string? Queue { get; init; }

    /// <summary>Of this function.</summary>
    public string? Function { get; init; }

    /// <summary>In this state.</summary>
    public JobState? State { get; init; }

    /// <summary>With this tag.</summary>
    public string? Tag { get; init; }

    /// <summary>Accepted at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Accepted before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Whose error, or its type, contains this text; case matters.</summary>
    public string? Error { get; init; }

    /// <summary>Jobs fetched at once, 1 to 1,000. Default 50.</summary>
    public int PageSize { get; init; } = 50;

    /// <summary>The same of a queue's errors.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> ErrorConditions() => Conditions().Where(c => c.Key is not ("queue" or "state" or "limit"));

    /// <summary>As the API names them.</summary>
    internal IEnumerable<KeyValuePair<string, string?>> Conditions() =>
    [
        new("queue", Queue),
        new("function", Function),
        new("state", State is { } state ? NamesConverter<JobState>.NameOf(state) : null),
        new("tag", Tag),
        new("from", From is { } from ? JobWriter.Text(from) : null),
        new("to", To is { } to ? JobWriter.Text(to) : null),
        new("error", Error),
        new("limit", PageSize.ToString(CultureInfo.InvariantCulture)),
    ];
}
