using Hearth.Api.Calls;
using Hearth.Functions;
using Hearth.Tests.Functions;

namespace Hearth.Tests.Api.Calls;

/// <summary>Routes that functions declare for themselves are checked against each other before they are served.</summary>
public sealed class OwnRouteTests
{
    [Fact]
    public void A_route_that_cannot_be_read_is_told() =>
        Assert.Contains("Function 'a': route '/a/{b'", Assert.Single(OwnRoute.Mistakes([Routed("a", "/a/{b")])), StringComparison.Ordinal);

    [Theory]
    [InlineData("/a/{b:banana}")]
    [InlineData("/a/{b:int(3)}")]
    [InlineData("/a/{b:regex(^x$)}")]
    public void A_constraint_that_routing_does_not_know_is_told_before_it_fails_every_request(string route) =>
        Assert.Contains($"Function 'a': route '{route}'", Assert.Single(OwnRoute.Mistakes([Routed("a", route)])), StringComparison.Ordinal);

    [Fact]
    public void A_constraint_that_routing_knows_is_taken() => Assert.Empty(OwnRoute.Mistakes([Routed("a", "/a/{b:int:min(3)}/{c:guid?}")]));

    [Theory]
    [InlineData("/x/{y}", "/X/{z}")]
    [InlineData("/x/{y:int}", "/x/{z=3}")]
    public void Two_functions_that_would_answer_the_same_paths_are_told(string one, string other) =>
        Assert.Contains("Function 'b'", Assert.Single(OwnRoute.Mistakes([Routed("a", one), Routed("b", other)])), StringComparison.Ordinal);

    [Fact]
    public void Another_path_or_another_method_is_another_route() =>
        Assert.Empty(OwnRoute.Mistakes([Routed("a", "/x/{y}"), Routed("b", "/x/{y}/z"), Routed("c", "/x/{y}", "PUT")]));

    private static ServedFunction Routed(string name, string route, string method = "GET") =>
        TestHost.Function((int n) => n, o => (o.Route, o.Method) = (route, method), name: name);
}
