using System.Text;
using System.Text.Json;
using Hearth.Api.Jobs.Submitting;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A stream of jobs, answered while it is read.</summary>
public sealed class SubmitStreamTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Job = """{"function":"reverse","input":"a","delay":"1h"}""";

    [Fact]
    public async Task Each_line_is_answered_and_the_last_says_that_all_was_read()
    {
        var lines = await LinesAsync("s1", $"{Job}\r\n\n  \n{Job}\nnonsense\n{Job}");
        Assert.Equal([1, 4, 5, 6], lines.SkipLast(1).Select(l => l.GetProperty("line").GetInt32()));
        Assert.Equal(["accepted", "accepted", "refused", "accepted"], lines.SkipLast(1).Select(l => l.GetProperty("outcome").GetString()));
        Assert.Equal("Line 5 is not valid JSON: byte 2.", lines[2].GetProperty("problem").GetProperty("detail").GetString());
        Assert.Equal((true, 6, 3, 1), (lines[4].GetProperty("done").GetBoolean(), lines[4].GetProperty("lines").GetInt32(), lines[4].GetProperty("accepted").GetInt32(), lines[4].GetProperty("refused").GetInt32()));
        (await silo.Http.FetchAsync("/v1/jobs/" + lines[0].GetProperty("id").GetString())).Is(200);
    }

    [Fact]
    public async Task Nothing_at_all_is_a_stream_without_lines() =>
        Assert.Equal(0, Assert.Single(await LinesAsync("s2", "")).GetProperty("lines").GetInt32());

    [Fact]
    public async Task A_line_is_one_job_and_not_an_array()
    {
        var lines = await LinesAsync("s3", $"[{Job}]\n{Job}{Job}\n");
        Assert.All(lines.SkipLast(1), l => Assert.Equal("refused", l.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_line_that_was_cut_off_is_refused_and_those_before_it_are_kept()
    {
        var lines = await LinesAsync("s4", $"{Job}\n{Job[..20]}");
        Assert.Equal(["accepted", "refused"], lines.SkipLast(1).Select(l => l.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task Unique_jobs_are_counted_as_duplicates()
    {
        var unique = Job.Replace("\"delay\"", "\"unique\":{},\"delay\"", StringComparison.Ordinal);
        var lines = await LinesAsync("s5", $"{unique}\n{unique}\n{unique}");
        Assert.Equal(["accepted", "duplicate", "duplicate"], lines.SkipLast(1).Select(l => l.GetProperty("outcome").GetString()));
        Assert.Equal(2, lines[3].GetProperty("duplicates").GetInt32());
    }

    [Fact]
    public async Task Fifty_thousand_jobs_are_taken_in_chunks_and_minimal_answers_leave_out_what_went_well()
    {
        var body = string.Join('\n', Enumerable.Repeat(Job, 50_000)) + "\n{}";
        var answer = await silo.Http.PostJobsAsync("s6", body, SubmitEndpoint.Ndjson, ("Prefer", "return=minimal"));
        Assert.Equal("return=minimal", answer.Is(200).Header("Preference-Applied"));
        var lines = Parse(answer);
        Assert.Equal(2, lines.Count);
        Assert.Equal(50_001, lines[0].GetProperty("line").GetInt32());
        Assert.Equal(50_000, lines[1].GetProperty("accepted").GetInt32());
        Assert.Equal(50_000, (await silo.Http.FetchAsync("/v1/queues/s6")).Json.GetProperty("scheduled").GetInt32());
    }

    [Fact]
    public async Task Lines_are_answered_while_the_stream_goes_on()
    {
        using var connection = await RawConnection.OpenAsync(silo.Process.Address);
        await connection.SendAsync($"POST /v1/queues/s7/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {SubmitEndpoint.Ndjson}\r\nTransfer-Encoding: chunked\r\n\r\n");
        await SendChunkAsync(connection, Job + "\n" + Job[..10]);
        await connection.ReadUntilAsync("\"line\":1");
        await SendChunkAsync(connection, Job[10..] + "\n");
        await connection.ReadUntilAsync("\"line\":2");
        await connection.SendAsync("0\r\n\r\n");
        await connection.ReadUntilAsync("\"done\":true");
    }

    [Fact]
    public async Task What_was_answered_before_the_connection_broke_is_kept()
    {
        using (var connection = await RawConnection.OpenAsync(silo.Process.Address))
        {
            await connection.SendAsync($"POST /v1/queues/s8/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {SubmitEndpoint.Ndjson}\r\nTransfer-Encoding: chunked\r\n\r\n");
            await SendChunkAsync(connection, Job + "\n" + Job[..10]);
            await connection.ReadUntilAsync("\"line\":1");
        }

        Assert.Equal(1, (await silo.Http.FetchAsync("/v1/queues/s8")).Json.GetProperty("scheduled").GetInt32());
    }

    [Fact]
    public async Task A_line_may_be_large_but_not_without_bound()
    {
        var large = Convert.ToBase64String(new byte[16 << 20]);
        var lines = await LinesAsync("s9", $$"""{"function":"sink","inputBase64":"{{large}}"}""" + "\n" + Job);
        Assert.Equal(["accepted", "accepted"], lines.SkipLast(1).Select(l => l.GetProperty("outcome").GetString()));
        var answer = await silo.Http.PostJobsAsync("s9", Job + "\n" + new string('x', JobStream.LineBytesMax + (1 << 20)), SubmitEndpoint.Ndjson);
        lines = Parse(answer.Is(200));
        Assert.Equal("accepted", lines[0].GetProperty("outcome").GetString());
        Assert.Contains("too-large", lines[^1].ToString() + lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_takes_no_idempotency_key() =>
        (await silo.Http.PostJobsAsync("s10", Job, SubmitEndpoint.Ndjson, ("Idempotency-Key", "a"))).IsProblem(400, "invalid-key");

    private static Task SendChunkAsync(RawConnection connection, string text) =>
        connection.SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    private async Task<List<JsonElement>> LinesAsync(string queue, string body) => Parse((await silo.Http.PostJobsAsync(queue, body, SubmitEndpoint.Ndjson)).Is(200));

    private static List<JsonElement> Parse(Answer answer)
    {
        Assert.Equal(SubmitEndpoint.Ndjson, answer.ContentType);
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}
