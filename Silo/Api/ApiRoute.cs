namespace Hearth.Api;

/// <summary>One served route: what handles it and what OpenAPI says of it. Both come from the same row, so they cannot differ.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Pattern">Route template.</param>
/// <param name="Id">OpenAPI's operationId.</param>
/// <param name="Summary">One line.</param>
/// <param name="Handler">What serves it.</param>
internal sealed record ApiRoute(string Method, string Pattern, string Id, string Summary, RequestDelegate Handler)
{
    /// <summary>Query and header parameters; path parameters are read off the pattern.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>Media types of its body; empty: it takes none.</summary>
    public IReadOnlyList<string> Body { get; init; } = [];

    /// <summary>What its body is like, where it is JSON; a name of <see cref="OpenApi.JobSchemas"/>.</summary>
    public string? BodySchema { get; init; }

    /// <summary>What its answer is like, where it is JSON and a success.</summary>
    public Type? Document { get; init; }

    /// <summary>Status to description; every route may answer a problem as well.</summary>
    public required IReadOnlyDictionary<int, string> Answers { get; init; }

    /// <summary>Media types of its answers.</summary>
    public IReadOnlyList<string> ContentTypes { get; init; } = ["application/json", "application/xml"];
}

/// <param name="In">query or header.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">One line.</param>
internal sealed record ApiParameter(string In, string Name, string Description);
