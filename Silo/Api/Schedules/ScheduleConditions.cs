using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Schedules;
using Microsoft.Net.Http.Headers;

namespace Hearth.Api.Schedules;

/// <summary><c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 §13.1) of a change.</summary>
internal sealed class ScheduleConditions
{
    private readonly IList<EntityTagHeaderValue> match;
    private readonly IList<EntityTagHeaderValue> none;

    private ScheduleConditions(IList<EntityTagHeaderValue> match, IList<EntityTagHeaderValue> none) => (this.match, this.none) = (match, none);

    /// <exception cref="JobRejectedException">They cannot be read.</exception>
    public static ScheduleConditions Read(HttpRequest request) =>
        new(Read("If-Match", request.Headers.IfMatch), Read("If-None-Match", request.Headers.IfNoneMatch));

    public bool Hold(Schedule? stored) => HoldFor(stored?.Row);

    /// <summary>The same, for one that may not be readable.</summary>
    public bool HoldFor(Storage.ScheduleRow? stored) =>
        (match.Count == 0 || match.Any(tag => Matches(tag, stored))) && !none.Any(tag => Matches(tag, stored));

    private static IList<EntityTagHeaderValue> Read(string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        if (values.Count == 0)
            return [];
        return EntityTagHeaderValue.TryParseStrictList(values, out var tags) && tags.Count > 0
            ? tags
            : throw new JobRejectedException(Problems.Malformed($"{name} must be *, or ETags as they were answered, with their quotation marks."));
    }

    private static bool Matches(EntityTagHeaderValue tag, Storage.ScheduleRow? stored) =>
        stored is not null && (tag.Equals(EntityTagHeaderValue.Any) || (!tag.IsWeak && tag.Tag == ScheduleDocument.TagOf(stored)));
}
