using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Results in the notations that the call would offer.</summary>
public sealed class TextJobTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task The_result_of_a_text_function_is_offered_plain_as_the_call_offers_it()
    {
        (string, string) plain = ("Accept", "text/plain");
        var call = (await silo.Http.CallAsync("reverse", "abc", "text/plain", plain)).Is(200);
        var waited = (await silo.Http.CallAsync("reverse", "abc", "text/plain", plain, ("Prefer", "wait=20"))).Is(200);
        Assert.Equal((call.ContentType, call.Text), (waited.ContentType, waited.Text));
    }

    [Fact]
    public async Task A_long_job_of_one_function_does_not_hold_up_another_function()
    {
        // Far more than the slots of hold, each of minutes.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => silo.Http.SubmitAsync("hold", """{"name":"jobs"}""")));
        await silo.Http.ReachesAsync("started.jobs", 3);
        (await silo.Http.CallAsync("reverse", "a", "text/plain", ("Prefer", "wait=20"))).Is(200);
        Assert.Equal(3, (await silo.Http.CallAsync("count", """{"name":"started.jobs"}""")).Json.GetInt32());
    }

    [Fact]
    public async Task A_function_without_input_can_be_a_job_by_a_route_of_its_own()
    {
        Assert.Equal("\"pong\"", (await silo.Http.FetchAsync("/ping")).Is(200).Text);
        (await silo.Http.FetchAsync("/ping", ("Prefer", "respond-async"), ("Idempotency-Key", "ping"))).Is(202);
        Assert.Equal("\"pong\"", (await silo.Http.FetchAsync("/ping", ("Prefer", "wait=20"))).Is(200).Text);
    }

    [Fact]
    public async Task A_result_that_json_cannot_spell_fails_the_job()
    {
        var path = await silo.Http.SubmitAsync("not-a-number", """{"name":"a"}""");
        var ended = (await silo.Http.EndAsync(path)).Json;
        Assert.Equal("failed", ended.GetProperty("state").GetString());
        Assert.Contains("not-a-number", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("surprise", "InvalidOperationException")]
    [InlineData("stuck", "did not end within 0.4 s")]
    [InlineData("long-stream", "larger than 200000 bytes")]
    [InlineData("long-text", "larger than 1000 bytes")]
    public async Task A_job_fails_for_the_reasons_that_a_call_fails_for(string function, string says)
    {
        var body = function switch
        {
            "long-stream" => new string('x', 300_000),
            "long-text" => """{"bytes":999}""",
            _ => $$"""{"name":"job-canary-{{function}}"}""",
        };
        var error = (await silo.Http.EndAsync(await silo.Http.SubmitAsync(function, body))).Json.GetProperty("error").GetString();
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", error, StringComparison.Ordinal);
        await silo.OpenGateAsync("job-canary-" + function);
    }
}
