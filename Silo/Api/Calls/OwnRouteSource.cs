using Hearth.Functions;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Primitives;

namespace Hearth.Api.Calls;

/// <summary>The routes that functions declare for themselves; exchanged when the served functions change.</summary>
internal sealed class OwnRouteSource : EndpointDataSource
{
    private readonly FunctionRegistry registry;
    private readonly CallEndpoint calls;
    private readonly Lock gate = new();
    private CancellationTokenSource change = new();
    private IReadOnlyList<Endpoint> endpoints;

    public OwnRouteSource(FunctionRegistry registry, CallEndpoint calls)
    {
        this.registry = registry;
        this.calls = calls;
        endpoints = Build();
        registry.Changed += Refresh;
    }

    public override IReadOnlyList<Endpoint> Endpoints => endpoints;

    public override IChangeToken GetChangeToken() => new CancellationChangeToken(change.Token);

    private void Refresh()
    {
        CancellationTokenSource old;
        lock (gate)
        {
            endpoints = Build();
            (old, change) = (change, new CancellationTokenSource());
        }

        old.Cancel();
        old.Dispose();
    }

    private List<Endpoint> Build() =>
    [
        .. registry.All.Values.Where(f => f.Options.Route is not null).OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(Endpoint),
    ];

    private Endpoint Endpoint(ServedFunction function)
    {
        var builder = new RouteEndpointBuilder(
            http => calls.CallAsync(http, function, Members(http)), RoutePatternFactory.Parse(function.Options.Route!), order: 0)
        {
            DisplayName = $"{function.Options.Method} {function.Options.Route} ({function.Name})",
        };
        builder.Metadata.Add(new HttpMethodMetadata([function.Options.Method]));
        return builder.Build();
    }

    private static List<KeyValuePair<string, string>> Members(HttpContext http) =>
    [
        .. http.Request.RouteValues.Select(v => KeyValuePair.Create(v.Key, Convert.ToString(v.Value, System.Globalization.CultureInfo.InvariantCulture) ?? "")),
        .. http.Request.Query.SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v ?? ""))),
    ];
}
