using System.Text;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>Which notation goes in by Content-Type and comes out by Accept.</summary>
public sealed class NotationTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Shapes =
        """{"whole":7,"real":0.5,"flag":true,"text":"a <b> & \u00e9","colour":"darkBlue","when":"2030-01-02T03:04:05+00:00","numbers":[1,2],"inner":{"email":"a@b","age":3},"maybe":null}""";

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("APPLICATION/JSON", "application/json")]
    [InlineData("application/xml", "application/xml")]
    [InlineData("text/xml", "application/xml")]
    [InlineData("Application/XML; charset=utf-8", "application/xml")]
    [InlineData("application/json;q=0.2, application/xml;q=0.9", "application/xml")]
    [InlineData("application/json;q=0.9, application/xml;q=0.2", "application/json")]
    [InlineData("application/json;q=0, */*", "application/xml")]
    [InlineData("application/xml;q=0.5, */*;q=0.1", "application/xml")]
    [InlineData("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml")]
    [InlineData("image/png, */*;q=0.1", "application/json")]
    public async Task An_answer_has_the_notation_that_is_accepted(string? accept, string expected)
    {
        var answer = await silo.Http.CallAsync("shapes", Shapes, headers: accept is null ? [] : [("Accept", accept)]);
        answer.Is(200);
        Assert.Equal(expected, answer.ContentType!.Split(';')[0]);
        if (expected == "application/xml")
            Assert.Equal("a <b> & \u00e9", answer.Xml["text"]!.InnerText);
        else
            Assert.Equal("a <b> & \u00e9", answer.Json.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/*")]
    [InlineData("*/*;q=0")]
    [InlineData("application/json;q=0, application/xml;q=0")]
    public async Task What_is_not_offered_is_406_and_says_what_is(string accept)
    {
        var problem = (await silo.Http.CallAsync("shapes", Shapes, headers: ("Accept", accept))).IsProblem(406, "not-acceptable");
        Assert.Equal(["application/json", "application/xml"], problem.GetProperty("choices").EnumerateArray().Select(c => c.GetString()!));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("APPLICATION/Json ; charset=Utf-8")]
    public async Task A_json_body_is_known_by_any_spelling_of_its_type(string contentType)
    {
        var answer = (await silo.Http.CallAsync("shapes", Shapes, contentType)).Is(200);
        Assert.Equal("darkBlue", answer.Json.GetProperty("colour").GetString());
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/xml")]
    [InlineData("text/xml; charset=utf-8")]
    public async Task An_xml_body_means_what_its_json_means(string contentType)
    {
        var xml = (await silo.Http.CallAsync("shapes", Shapes, headers: ("Accept", "application/xml"))).Is(200).Text;
        var back = (await silo.Http.CallAsync("shapes", xml, contentType)).Is(200);
        Assert.Equal((await silo.Http.CallAsync("shapes", Shapes)).Text, back.Text);
    }

    [Fact]
    public async Task Untyped_xml_text_is_read_as_the_type_that_the_function_takes()
    {
        const string Xml =
            "<value><whole>7</whole><real>0.5</real><flag>true</flag><text>12</text><colour>red</colour><when>2030-01-02T03:04:05Z</when>"
            + "<numbers><item>1</item></numbers><inner><email>e</email><age>3</age></inner></value>";
        var json = (await silo.Http.CallAsync("shapes", Xml, "application/xml")).Is(200).Json;
        Assert.Equal((7, "12", true), (json.GetProperty("whole").GetInt32(), json.GetProperty("text").GetString(), json.GetProperty("flag").GetBoolean()));
        Assert.Equal(1, json.GetProperty("numbers").GetArrayLength());
    }

    [Theory]
    [InlineData("text/plain", "abc")]
    [InlineData("text/plain; charset=utf-8", "abc")]
    [InlineData("application/json", "\"abc\"")]
    [InlineData("application/xml", "<value>abc</value>")]
    public async Task Text_goes_in_plain_as_json_and_as_xml(string contentType, string body)
    {
        Assert.Equal("\"cba\"", (await silo.Http.CallAsync("reverse", body, contentType)).Is(200).Text);
        var plain = await silo.Http.CallAsync("reverse", body, contentType, ("Accept", "text/plain"));
        Assert.Equal(("text/plain; charset=utf-8", "cba"), (plain.ContentType, plain.Text));
        Assert.Equal("cba", (await silo.Http.CallAsync("reverse", body, contentType, ("Accept", "text/xml"))).Xml.InnerText);
    }

    [Theory]
    [InlineData("shapes", "application/json; charset=iso-8859-1")]
    [InlineData("shapes", "application/json; charset=utf-16")]
    [InlineData("reverse", "text/plain; charset=iso-8859-1")]
    [InlineData("reverse", "text/plain; charset=shift_jis")]
    public async Task A_body_in_another_character_set_is_refused_instead_of_misread(string function, string contentType) =>
        (await silo.Http.CallAsync(function, function == "shapes" ? Shapes : "\u00e9", contentType)).IsProblem(415, "unsupported-media-type");

    [Fact]
    public async Task Bytes_come_back_as_bytes_whatever_they_are_called()
    {
        byte[] bytes = [0, 255, 13, 10, 0, 128];
        foreach (var type in new[] { null, "application/octet-stream", "image/png", "application/xml", "nonsense" })
        {
            var answer = (await silo.Http.AskAsync("POST", "/v1/functions/reverse-bytes/call", bytes, type)).Is(200);
            Assert.Equal([128, 0, 10, 13, 255, 0], answer.Body);
            Assert.Equal("application/octet-stream", answer.ContentType);
        }
    }

    [Fact]
    public async Task A_raw_function_takes_and_gives_the_media_types_that_it_declares()
    {
        var path = "/v1/functions/picture/call";
        Assert.Equal("image/png", (await silo.Http.AskAsync("POST", path, [1], "image/png", ("Accept", "image/*"))).Is(200).ContentType);
        var refused = (await silo.Http.AskAsync("POST", path, [1], "image/jpeg")).IsProblem(415, "unsupported-media-type");
        Assert.Equal("image/png", refused.GetProperty("choices")[0].GetString());
        (await silo.Http.AskAsync("POST", path, [1], "image/png", ("Accept", "application/json"))).IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task A_function_without_output_answers_204_and_no_body()
    {
        var answer = (await silo.Http.CallAsync("open", """{"name":"none"}""")).Is(204);
        Assert.Empty(answer.Body);
        Assert.Null(answer.ContentType);
    }

    [Fact]
    public async Task A_streaming_function_without_output_answers_204_too()
    {
        var answer = (await silo.Http.CallAsync("sink", "bytes", "text/plain")).Is(204);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task A_function_may_answer_before_it_has_read_its_input()
    {
        var large = new byte[3_000_000];
        Assert.Equal("\"done\"", (await silo.Http.AskAsync("POST", "/v1/functions/lazy/call", large, "text/plain")).Is(200).Text);
    }

    [Fact]
    public async Task Typed_input_larger_than_the_servers_own_buffers_arrives_whole()
    {
        var body = new StringBuilder("{\"items\":[\"x\"");
        for (var i = 0; i < 100_000; i++)
            body.Append(",\"0123456789012345678901234567890123456789\"");
        Assert.Equal("100001", (await silo.Http.CallAsync("wide", body.Append("]}").ToString())).Is(200).Text);
    }
}
