using Hearth.Tests.Client;
using Hearth.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Hearth.Tests.Cli;

/// <summary><c>hearth jobs</c>, the lists and <c>status</c>, against a real silo.</summary>
public sealed class JobCommandTests(ServedSilo silo) : IClassFixture<ServedSilo>, IDisposable
{
    private readonly HearthProgram hearth = new(silo.Process.Address);

    [Fact]
    public async Task Jobs_are_listed_as_a_table_for_people_and_as_json_for_scripts()
    {
        var one = await SubmitAsync("echo", "1", "-q", "listed");
        var two = await SubmitAsync("echo", "2", "-q", "listed", "--delay", "1h");
        var table = (await hearth.RunAsync("jobs", "list", "-q", "listed")).Is(0).Out.TrimEnd().Split('\n');
        Assert.Equal(3, table.Length);
        Assert.Matches("^ID +QUEUE +FUNCTION +STATE +ATTEMPT +AGE +ERROR$", table[0]);
        Assert.Matches($"^{two} +listed +echo +scheduled +0 +[0-9]+s$", table[1]);
        Assert.DoesNotContain('\u001b', string.Concat(table));
        var json = (await hearth.RunAsync("jobs", "list", "--queue", "listed", "--json")).Is(0).Json.EnumerateArray().ToList();
        Assert.Equal([two, one], json.Select(job => job.GetProperty("id").GetString()));
        Assert.Equal(two, Assert.Single((await hearth.RunAsync("jobs", "list", "-q", "listed", "--state", "scheduled", "--json")).Is(0).Json.EnumerateArray()).GetProperty("id").GetString());
        Assert.Single((await hearth.RunAsync("jobs", "list", "-q", "listed", "-n", "1", "--json")).Is(0).Json.EnumerateArray());
        Assert.Empty((await hearth.RunAsync("jobs", "list", "-q", "listed", "--from", "2100-01-01", "--json")).Is(0).Json.EnumerateArray());
        Assert.Contains("not a time", (await hearth.RunAsync("jobs", "list", "--from", "soon")).Is(2).Error, StringComparison.Ordinal);
        Assert.Contains("'retrying'", (await hearth.RunAsync("jobs", "list", "--state", "odd")).Is(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_burst_the_last_one_is_kept()
    {
        string[] burst = ["-q", "bursts", "--unique", "index", "--unique-mode", "debounce", "--unique-wait", "1h", "--unique-max", "2h"];
        var first = await SubmitAsync(["echo", "1", .. burst]);
        var last = await SubmitAsync(["echo", "2", .. burst]);
        Assert.Matches("\nstate +cancelled\n", (await hearth.RunAsync("jobs", "show", first)).Is(0).Out);
        Assert.Matches("\nstate +scheduled\n", (await hearth.RunAsync("jobs", "show", last)).Is(0).Out);
        Assert.Contains("--unique KEY", (await hearth.RunAsync("submit", "echo", "1", "--unique-mode", "latest")).Is(2).Error, StringComparison.Ordinal);
        Assert.Contains("--unique-mode", (await hearth.RunAsync("submit", "echo", "1", "--unique", "k", "--unique-mode", "odd")).Is(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_is_shown_cancelled_and_re_driven()
    {
        var id = await SubmitAsync("echo", "1", "--delay", "1h");
        Assert.Matches("\nstate +scheduled\n", (await hearth.RunAsync("jobs", "show", id)).Is(0).Out);
        Assert.Equal($"{id} cancelled\n", (await hearth.RunAsync("jobs", "cancel", id)).Is(0).Out);
        Assert.Contains("had ended before", (await hearth.RunAsync("jobs", "cancel", id)).Is(4).Error, StringComparison.Ordinal);
        (await hearth.RunAsync("jobs", "result", id)).Is(1);
        var again = (await hearth.RunAsync("jobs", "redrive", id, "--json")).Is(0).Json;
        Assert.Equal(id, again.GetProperty("redriveOf").GetString());
        Assert.Equal("1", (await hearth.RunAsync("jobs", "result", again.GetProperty("id").GetString()!)).Is(0).Out);
        Assert.Contains("no job 'nonsense'", (await hearth.RunAsync("jobs", "show", "nonsense")).Is(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_jobs_that_match_are_counted_cancelled_and_deleted()
    {
        for (var i = 0; i < 3; i++)
            await SubmitAsync("echo", "1", "-q", "swept", "--delay", "1h");
        var one = await SubmitAsync("echo", "1", "-q", "kept", "--delay", "1h");
        Assert.Equal("3 jobs would be cancelled.\n", (await hearth.RunAsync("jobs", "cancel", "-q", "swept", "--dry-run")).Is(0).Out);
        Assert.Contains("Add --yes", (await hearth.RunAsync("jobs", "cancel", "-q", "swept")).Is(2).Error, StringComparison.Ordinal);
        var cancelled = (await hearth.RunAsync("jobs", "cancel", "-q", "swept", "--yes")).Is(0);
        Assert.Equal("3 cancelled, 0 skipped, 0 failed.\n", cancelled.Out);
        Assert.Contains("end ", cancelled.Error, StringComparison.Ordinal);
        var report = (await hearth.RunAsync("jobs", "delete", "-q", "swept", "--state", "cancelled", "--yes", "--json")).Is(0).Json;
        Assert.Equal(("delete", 3), (report.GetProperty("action").GetString(), report.GetProperty("done").GetInt32()));
        Assert.Equal(0, (await hearth.RunAsync("jobs", "cancel", "-q", "swept", "--dry-run", "--json")).Is(0).Json.GetProperty("count").GetInt32());
        (await hearth.RunAsync("jobs", "cancel")).Is(2);
        (await hearth.RunAsync("jobs", "cancel", one, "-q", "kept")).Is(2);
        (await hearth.RunAsync("jobs", "redrive", "--state", "running", "--yes")).Is(4);
        (await hearth.RunAsync("jobs", "cancel", one)).Is(0);
        Assert.Equal($"{one} deleted\n", (await hearth.RunAsync("jobs", "delete", one)).Is(0).Out);
    }

    [Fact]
    public async Task Errors_of_a_queue_and_the_attempts_of_a_job_are_shown()
    {
        var id = await SubmitAsync("fail", """{"message": "no 7"}""", "--attempts", "2", "-q", "wrong");
        (await hearth.RunAsync("jobs", "result", id)).Is(1);
        var shown = (await hearth.RunAsync("jobs", "show", id)).Is(0).Out;
        Assert.Matches("\nSTART +TOOK +WHAT +TIMELINE +NOTE\n", shown);
        Assert.Matches("attempt 1 failed +█.* no 7 \\(FunctionException\\)", shown);
        Assert.Matches("retrying +·", shown);
        var table = (await hearth.RunAsync("queues", "errors", "wrong")).Is(0).Out;
        Assert.Matches($"\n1 +0 +fail +FunctionException +[0-9]+s +{id} +no #\n", table);
        Assert.Equal("no #", (await hearth.RunAsync("queues", "errors", "wrong", "--json")).Is(0).Json.GetProperty("errors")[0].GetProperty("message").GetString());
        (await hearth.RunAsync("queues", "errors", "nobody")).Is(4);
        (await hearth.RunAsync("queues")).Is(0);
    }

    [Fact]
    public async Task The_tail_of_a_job_ends_with_it()
    {
        var id = await SubmitAsync("fail", """{"message": "no"}""", "--attempts", "1");
        var lines = (await hearth.RunAsync("jobs", "tail", id)).Is(1).Out.TrimEnd().Split('\n');
        Assert.Contains("accepted", lines[0], StringComparison.Ordinal);
        Assert.Matches("end +failed: no \\(FunctionException\\)$", lines[^1]);
        var events = (await hearth.RunAsync("jobs", "tail", id, "--json")).Is(1).Out.TrimEnd().Split('\n').Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(("end", "failed"), (events[^1].GetProperty("name").GetString(), events[^1].GetProperty("data").GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Events_of_a_newer_silo_are_shown_as_they_came()
    {
        await using var newer = await ScriptedSilo.StartAsync(
            ScriptedSilo.Json(200, """{"status":"ready","reasons":[],"more":1}"""),
            http =>
            {
                http.Response.ContentType = "text/event-stream";
                return http.Response.WriteAsync(
                    "id: 0.0\nevent: moved\ndata: {\"to\":\"\\u001b[2Jsilo\",\"at\":\"2030-01-31T12:00:00Z\"}\n\nid: 0.1\nevent: progress\ndata: {\"details\":{\"percent\":40}}\n\n"
                    + "id: 0.2\nevent: moved\ndata: [1]\n\nid: 0.2.end\nevent: end\ndata: {\"state\":\"succeeded\",\"cost\":3}\n\n");
            });
        var lines = (await hearth.RunAsync("jobs", "tail", "1", "--url", newer.Address.ToString())).Is(0).Out.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Matches("^2030-01-31 [0-9:]+ moved +[{]\"to\":", lines[0]);
        Assert.DoesNotContain('\u001b', lines[0]);
        Assert.Matches("progress +[{]\"percent\":40[}]$", lines[1]);
        Assert.EndsWith("[1]", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_is_followed()
    {
        await SubmitAsync("echo", "1", "-q", "tailed");
        using var tail = hearth.Start("queues", "tail", "tailed");
        Assert.Contains("following", await tail.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        var id = await SubmitAsync("echo", "2", "-q", "tailed");
        Assert.Matches($"accepted +{id} echo$", await tail.StandardOutput.ReadLineAsync());
        Assert.Matches($"end +{id} echo succeeded$", await tail.StandardOutput.ReadLineAsync());
        tail.Kill();
        await tail.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_tail()
    {
        var id = await SubmitAsync("echo", "1", "--delay", "1h");
        using var tail = hearth.Start("jobs", "tail", id);
        Assert.Contains("accepted", await tail.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        using (var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{tail.Id}"]))
            await kill.WaitForExitAsync();
        await tail.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(130, tail.ExitCode);
    }

    [Fact]
    public async Task What_is_served_and_who_serves_it_is_listed()
    {
        await SubmitAsync("echo", "1", "-q", "served", "--delay", "1h");
        Assert.Matches("\nprimes +json +json ", (await hearth.RunAsync("functions")).Is(0).Out);
        Assert.Contains((await hearth.RunAsync("functions", "--json")).Is(0).Json.EnumerateArray(), f => f.GetProperty("name").GetString() == "primes" && f.GetProperty("input").GetProperty("kind").GetString() == "json");
        Assert.Matches("\nserved +default +1 +0 +0 +0 +1\n", (await hearth.RunAsync("queues")).Is(0).Out);
        Assert.Matches(" active +default +frontend, worker ", (await hearth.RunAsync("silos")).Is(0).Out);
        Assert.Matches("\nstatus +ready\n", (await hearth.RunAsync("status")).Is(0).Out);
        var status = (await hearth.RunAsync("status", "--json")).Is(0).Json;
        Assert.Equal(("ready", true), (status.GetProperty("status").GetString(), status.GetProperty("silos")[0].GetProperty("isSelf").GetBoolean()));
    }

    public void Dispose() => hearth.Dispose();

    private async Task<string> SubmitAsync(params string[] arguments) => (await hearth.RunAsync(["submit", .. arguments])).Is(0).Out.Trim();
}
