namespace Hearth.Api.Objects;

/// <summary>The routes of objects.</summary>
internal sealed class ObjectRoutes(ObjectCallEndpoint calls, ObjectListEndpoint list, ObjectEndpoints objects)
{
    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("GET", "/v1/objects", "listObjects", "The kinds of objects served, with operations and schemas", objects.ListAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The kinds." },
        },
        new("GET", "/v1/objects/{name}", "listObjectKeys", "The keys that have a state", list.ListAsync)
        {
            Parameters =
            [
                new ApiParameter("query", "prefix", "Only keys that begin with this."),
                new ApiParameter("query", "limit", "Keys on a page: 1 to 1,000; 50 by default."),
                new ApiParameter("query", "cursor", "Where the page before stopped; take next as it is."),
            ],
            Answers = new Dictionary<int, string> { [200] = "A page of them; next and the Link header lead to the next." },
            Document = typeof(ObjectKeysDocument),
        },
        new("GET", "/v1/objects/{name}/{key}", "showObject", "An object's state", objects.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The state." },
        },
        new("DELETE", "/v1/objects/{name}/{key}", "deleteObject", "Delete an object's state", objects.DeleteAsync)
        {
            Answers = new Dictionary<int, string> { [204] = "It is gone; the next operation begins with a new one." },
        },
        new("POST", "/v1/objects/{name}/{key}/{operation}", "callObject", "Run an operation of an object", calls.HandleAsync)
        {
            Body = ["*/*"],
            ContentTypes = ["*/*"],
            Answers = new Dictionary<int, string> { [200] = "The output; what it changed is stored.", [204] = "The same, without an output." },
        },
    ];
}
