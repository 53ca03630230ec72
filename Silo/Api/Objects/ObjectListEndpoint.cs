using System.Globalization;
using Hearth.Api.Http;
using Hearth.Objects;
using Hearth.Storage;
using Microsoft.AspNetCore.Http.Extensions;

namespace Hearth.Api.Objects;

/// <summary><c>GET /v1/objects/{name}</c>: the keys that have a state, in the order of their bytes, page by page.</summary>
internal sealed class ObjectListEndpoint(ObjectRegistry objects, IGrainStateStore store)
{
    private const int LimitMax = 1_000;
    private const int LimitDefault = 50;

    public Task ListAsync(HttpContext http) => ObjectRoute.AnswerAsync(http, objects, async served =>
        Read(served, http.Request.Query, out var query) is { } problem ? problem : await AnswerAsync(http, served, query));

    private async Task<Problem?> AnswerAsync(HttpContext http, ServedObject served, Query query)
    {
        var all = $"{ObjectGrain.TypeName}/{ObjectKey.Of(served.Options.Pool, served.Name, "")}";
        var after = query.After is { } last ? all + last : null;
        // One more than asked for tells whether there is another page.
        var heads = await store.ListAsync(ObjectGrain.StateName, all + query.Prefix, after, query.Limit + 1, http.RequestAborted);
        var keys = heads.Take(query.Limit).Select(head => ObjectKeyDocument.From(served.Name, head.Grain[all.Length..], head, http.Request)).ToList();
        var next = heads.Count > query.Limit ? PathOf(http.Request, ObjectCursor.Of(keys[^1].Key, served.Name, query.Prefix)) : null;
        if (next is not null)
            http.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        return await Resource.WriteAsync(http, new ObjectKeysDocument(served.Name, keys, next), StatusCodes.Status200OK);
    }

    private static Problem? Read(ServedObject served, IQueryCollection given, out Query query)
    {
        query = new Query("", null, LimitDefault);
        foreach (var (name, values) in given)
        {
            if (values is not [{ } value])
                return Problems.InvalidInput($"'{Problems.Shown(name)}' is given twice: keep one of them.", Problems.Shown(name));
            switch (name)
            {
                case "cursor": break;
                case "prefix" when value.Length <= ObjectKey.LengthMax && ObjectKey.IsText(value): query = query with { Prefix = value }; break;
                case "prefix": return Problems.InvalidInput($"No key begins with this prefix: {ObjectKey.Rule}.", name);
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= LimitMax:
                    query = query with { Limit = limit };
                    break;
                case "limit": return Problems.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"limit must be 1 to {LimitMax}."), name);
                default: return Problems.InvalidInput($"'{Problems.Shown(name)}' is not known: use one of prefix, limit, cursor.", Problems.Shown(name));
            }
        }

        if (!given.TryGetValue("cursor", out var cursor))
            return null;
        query = query with { After = ObjectCursor.Read(cursor.ToString(), served.Name, query.Prefix) };
        return query.After is null
            ? Problems.InvalidInput("This cursor is not one of this list: take 'next' as it was answered, with the same prefix, or leave it out to start anew.", "cursor")
            : null;
    }

    private static string PathOf(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != "cursor")) { { "cursor", cursor } };
        return $"{request.PathBase}{request.Path}{query}";
    }

    private readonly record struct Query(string Prefix, string? After, int Limit);
}

/// <param name="Object">The kind.</param>
/// <param name="Keys">In the order of their bytes in UTF-8.</param>
/// <param name="Next">The next page; null: this is the last.</param>
internal sealed record ObjectKeysDocument(string Object, IReadOnlyList<ObjectKeyDocument> Keys, string? Next);

/// <param name="Key">The key.</param>
/// <param name="Bytes">Length of the state's JSON.</param>
/// <param name="UpdatedAt">When it was stored last; RFC 3339.</param>
/// <param name="State">Where to read it.</param>
internal sealed record ObjectKeyDocument(string Key, long Bytes, DateTimeOffset UpdatedAt, string State)
{
    public static ObjectKeyDocument From(string name, string key, GrainStateHead head, HttpRequest request) =>
        new(key, head.Bytes, head.UpdatedAt, ObjectPath.Of(request, name, key));
}
