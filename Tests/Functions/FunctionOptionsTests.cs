using Hearth.Functions;

namespace Hearth.Tests.Functions;

public sealed class FunctionOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new FunctionOptions().Validate());

    [Fact]
    public void The_bounds_themselves_are_valid() => Assert.Empty(new FunctionOptions
    {
        Version = new string('v', 64), Timeout = FunctionOptions.TimeoutMax, Concurrency = 10_000, CacheFor = TimeSpan.FromDays(1),
        Route = "/a/{b}", Method = "PATCH", InputBytesMax = 0, OutputBytesMax = 1,
    }.Validate());

    public static TheoryData<string, Action<FunctionOptions>> Mistakes => new()
    {
        { "version", o => o.Version = "" },
        { "version", o => o.Version = "1 2" },
        { "version", o => o.Version = new string('v', 65) },
        { "timeout", o => o.Timeout = TimeSpan.Zero },
        { "timeout", o => o.Timeout = TimeSpan.FromHours(24) + TimeSpan.FromTicks(1) },
        { "timeout", o => o.Timeout = System.Threading.Timeout.InfiniteTimeSpan },
        { "concurrency", o => o.Concurrency = 0 },
        { "concurrency", o => o.Concurrency = 10_001 },
        { "cacheFor", o => o.CacheFor = TimeSpan.Zero },
        { "cacheFor", o => o.CacheFor = TimeSpan.FromDays(2) },
        { "route", o => o.Route = "" },
        { "route", o => o.Route = "greet" },
        { "route", o => o.Route = "/v1/functions" },
        { "route", o => o.Route = "/V1/mine" },
        { "route", o => o.Route = "/v1" },
        { "route", o => o.Route = "/" },
        { "route", o => o.Route = "/health/live" },
        { "route", o => o.Route = "/openapi/v1.json" },
        { "route", o => o.Route = "/Metrics" },
        { "method", o => o.Method = "get" },
        { "method", o => o.Method = "HEAD" },
        { "retry.attempts", o => o.Retry = new Hearth.Jobs.RetryPolicy(Attempts: 0) },
        { "retry.factor", o => o.Retry = new Hearth.Jobs.RetryPolicy(Factor: 0.5) },
        { "inputBytesMax", o => o.InputBytesMax = -1 },
        { "outputBytesMax", o => o.OutputBytesMax = 0 },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void A_mistake_is_named_by_its_field(string field, Action<FunctionOptions> make)
    {
        var options = new FunctionOptions();
        make(options);
        Assert.StartsWith(field, Assert.Single(options.Validate()), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_told_at_once() => Assert.Equal(
        ["version", "timeout", "concurrency", "method"],
        new FunctionOptions { Version = "", Timeout = TimeSpan.Zero, Concurrency = 0, Method = "" }.Validate().Select(m => m.Split(' ')[0]));

    [Fact]
    public void A_route_that_only_looks_like_Hearths_is_the_functions() =>
        Assert.All(new[] { "/v1x", "/v10/things", "/healthy", "/{anything}" }, route => Assert.Empty(new FunctionOptions { Route = route }.Validate()));
}
