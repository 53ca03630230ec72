using System.Text.Json;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Functions;

/// <summary>What is told of functions, and that it is true.</summary>
public sealed class FunctionListTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    private static readonly string[] BuiltIn = ["compress", "decompress", "echo", "fail", "fill-cache", "guestbook", "hash", "primes", "sleep", "wordcount"];

    [Fact]
    public async Task The_list_has_every_function_with_what_a_caller_needs()
    {
        var list = (await silo.Http.FetchAsync("/v1/functions")).Is(200).Json;
        Assert.Equal(BuiltIn, list.GetProperty("functions").EnumerateArray().Select(f => f.GetProperty("name").GetString()!));
        Assert.Empty(list.GetProperty("mistakes").EnumerateArray());
        foreach (var function in list.GetProperty("functions").EnumerateArray())
        {
            Assert.NotEmpty(function.GetProperty("description").GetString()!);
            Assert.Equal($"/v1/functions/{function.GetProperty("name")}/call", function.GetProperty("call").GetString());
            Assert.True(function.GetProperty("timeoutSeconds").GetDouble() > 0);
            Assert.True(function.GetProperty("concurrency").GetInt32() > 0);
            var input = function.GetProperty("input");
            if (input.GetProperty("kind").GetString() is "json" or "text")
            {
                Assert.NotEqual(JsonValueKind.Null, input.GetProperty("schema").ValueKind);
                Assert.NotEqual(JsonValueKind.Null, input.GetProperty("example").ValueKind);
            }

            Assert.Equal(function.ToString(), Stable((await silo.Http.FetchAsync("/v1/functions/" + function.GetProperty("name"))).Is(200).Json, function));
        }

        static string Stable(JsonElement shown, JsonElement listed) => shown.ToString() == listed.ToString() ? listed.ToString() : shown.ToString();
    }

    [Fact]
    public async Task The_list_is_there_in_xml()
    {
        var xml = (await silo.Http.FetchAsync("/v1/functions", ("Accept", "application/xml"))).Is(200).Xml;
        Assert.Equal(BuiltIn, xml["functions"]!.ChildNodes.Cast<System.Xml.XmlElement>().Select(f => f["name"]!.InnerText));
    }

    [Fact]
    public async Task The_example_of_every_function_works_as_its_input()
    {
        foreach (var function in (await silo.Http.FetchAsync("/v1/functions")).Json.GetProperty("functions").EnumerateArray())
        {
            var (name, input) = (function.GetProperty("name").GetString()!, function.GetProperty("input"));
            var example = input.GetProperty("example");
            var isText = example.ValueKind == JsonValueKind.String;
            var answer = await silo.Http.CallAsync(
                name, isText ? example.GetString()! : example.ToString(), isText ? "text/plain" : "application/json");
            var expected = name switch { "fail" or "decompress" => 500, "sleep" => 204, _ => 200 };
            Assert.True(answer.Status == expected, $"{name}: {answer.Status} {answer.Text}");
            if (input.GetProperty("kind").GetString() == "json")
                Assert.Equal(expected, (await silo.Http.CallAsync(name, example.ToString(), "application/json", ("Accept", "application/xml"))).Status);
        }
    }

    [Fact]
    public async Task A_parameter_is_told_with_its_default_and_its_values()
    {
        var parameter = (await silo.Http.FetchAsync("/v1/functions/compress")).Json.GetProperty("parameters")[0];
        Assert.Equal(("format", "gzip"), (parameter.GetProperty("name").GetString(), parameter.GetProperty("default").GetString()));
        Assert.Equal(["gzip", "brotli", "zlib"], parameter.GetProperty("values").EnumerateArray().Select(v => v.GetString()!));
    }

    [Fact]
    public async Task Usage_counts_runs_and_bytes()
    {
        var before = await UsageAsync("wordcount");
        await silo.Http.CallAsync("wordcount", "12345", "text/plain");
        var after = await UsageAsync("wordcount");
        Assert.Equal(before.GetProperty("succeeded").GetInt32() + 1, after.GetProperty("succeeded").GetInt32());
        Assert.Equal(before.GetProperty("bytesIn").GetInt32() + 5, after.GetProperty("bytesIn").GetInt32());
        var failedBefore = await UsageAsync("fail");
        await silo.Http.CallAsync("fail", """{"message":"x"}""");
        Assert.Equal(failedBefore.GetProperty("failed").GetInt32() + 1, (await UsageAsync("fail")).GetProperty("failed").GetInt32());
    }

    [Fact]
    public async Task An_unknown_function_is_404_with_near_names()
    {
        var problem = (await silo.Http.FetchAsync("/v1/functions/comprss")).IsProblem(404, "unknown-function");
        Assert.Equal("compress", problem.GetProperty("choices")[0].GetString());
    }

    private async Task<JsonElement> UsageAsync(string function) => (await silo.Http.FetchAsync("/v1/functions/" + function)).Json.GetProperty("usage");
}
