using System.Globalization;
using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Lists;

/// <summary>Which jobs a caller wants to see; all conditions hold.</summary>
internal sealed record JobQuery
{
    public const int LimitMax = 1_000;
    public const int LimitDefault = 50;

    private const int TextLengthMax = 200;
    private const string Names = "queue, function, state, tag, from, to, error, limit, cursor";

    public string? Queue { get; init; }

    public string? Function { get; init; }

    public JobState? State { get; init; }

    public string? Tag { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public string? Error { get; init; }

    public int Limit { get; init; } = LimitDefault;

    /// <summary>Only jobs with ids below.</summary>
    public JobId? Below { get; init; }

    /// <summary>What the pages of one list have in common, as text.</summary>
    public string Filter => string.Create(
        CultureInfo.InvariantCulture, $"{Queue}\n{Function}\n{State}\n{Tag}\n{From:O}\n{To:O}\n{Error}");

    public JobFilter ToFilter() => new([]) { Function = Function, Tag = Tag, From = From, Before = To, Error = Error, Below = Below, Limit = Limit };

    public static (JobQuery Query, Problem? Problem) Read(IQueryCollection given)
    {
        var query = new JobQuery();
        foreach (var (name, values) in given)
        {
            if (values is not [{ } value])
                return (query, Invalid(name, $"'{Problems.Shown(name)}' is given twice: keep one of them."));
            if (name != "cursor" && Add(ref query, name, value) is { } problem)
                return (query, problem);
        }

        if (query.From >= query.To)
            return (query, Invalid("to", "to must be after from."));
        if (!given.TryGetValue("cursor", out var cursor))
            return (query, null);
        return ListCursor.Read(cursor.ToString(), query.Filter) is { } below
            ? (query with { Below = below }, null)
            : (query, Invalid("cursor", "This cursor is not one of this list: take 'next' as it was answered, with the same conditions, or leave it out to start anew."));
    }

    private static Problem? Add(ref JobQuery query, string name, string value)
    {
        switch (name)
        {
            case "queue" when QueueName.IsValid(value): query = query with { Queue = value }; break;
            case "queue": return Invalid(name, $"'{Problems.Shown(value)}' cannot be a queue: {QueueName.Rule}.");
            case "function" when FunctionName.IsValid(value): query = query with { Function = value }; break;
            case "function": return Invalid(name, $"'{Problems.Shown(value)}' cannot be a function: {FunctionName.Rule}.");
            case "state" when JobStateText.Parse(value) is { } state: query = query with { State = state }; break;
            case "state": return Invalid(name, $"'{Problems.Shown(value)}' is no state: use one of {JobStateText.All}, or none for all.");
            case "tag" when JobRules.IsText(value, JobLimits.TagLengthMax): query = query with { Tag = value }; break;
            case "tag": return Invalid(name, $"'{Problems.Shown(value)}' cannot be a tag.");
            case "from" when TimeText.Parse(value) is { } from: query = query with { From = from }; break;
            case "to" when TimeText.Parse(value) is { } to: query = query with { To = to }; break;
            case "from" or "to": return Invalid(name, $"{name} must be {TimeText.Example}; write + as %2B.");
            case "error" when JobRules.IsText(value, TextLengthMax): query = query with { Error = value }; break;
            case "error": return Invalid(name, string.Create(CultureInfo.InvariantCulture, $"error must be 1 to {TextLengthMax} characters to look for, without spaces around them."));
            case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= LimitMax: query = query with { Limit = limit }; break;
            case "limit": return Invalid(name, string.Create(CultureInfo.InvariantCulture, $"limit must be 1 to {LimitMax}."));
            default: return Invalid(Problems.Shown(name), $"'{Problems.Shown(name)}' is not known: use one of {Names}.");
        }

        return null;
    }

    private static Problem Invalid(string field, string detail) => Problems.InvalidInput(detail, field);
}
