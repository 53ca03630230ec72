using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>What was accepted ends exactly once, whatever happens to the process.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task Jobs_accepted_before_kill_9_all_end_after_the_restart()
    {
        using var folder = new TempFolder();
        var paths = new List<string>();
        var ledger = folder["ledger"];
        await using (var silo = await StartAsync(folder))
        {
            using var http = silo.CreateClient();
            for (var i = 0; i < 60; i++)
                paths.Add(await http.SubmitAsync("ledger", Entry(ledger, i % 2 == 0 ? 0 : 1.5)));
            await silo.KillAsync();
        }

        await using (var silo = await StartAsync(folder))
            await AllEndAsync(silo, paths, ledger);
    }

    [Fact]
    public async Task Jobs_go_on_after_a_graceful_stop_and_no_number_of_them_fails_a_job()
    {
        using var folder = new TempFolder();
        var paths = new List<string>();
        var ledger = folder["ledger"];
        for (var restart = 0; restart < 3; restart++)
        {
            await using var silo = await StartAsync(folder);
            using var http = silo.CreateClient();
            if (restart == 0)
            {
                // Longer than a stop waits for.
                for (var i = 0; i < 5; i++)
                    paths.Add(await http.SubmitAsync("ledger", Entry(ledger, 8)));
            }

            await RunningAsync(http, paths[0]);
            Assert.Equal(0, await silo.StopAsync());
        }

        await using var last = await StartAsync(folder);
        await AllEndAsync(last, paths, ledger);
    }

    [Fact]
    public async Task A_job_that_kills_its_process_ends_as_crashed_and_harms_no_other()
    {
        using var folder = new TempFolder();
        var ledger = folder["ledger"];
        var others = new List<string>();
        string? killer = null;
        for (var life = 0; life < 8; life++)
        {
            await using var silo = await StartAsync(folder, mayDie: true);
            using var http = silo.CreateClient();
            if (life == 0)
            {
                for (var i = 0; i < 4; i++)
                    others.Add(await http.SubmitAsync("ledger", Entry(ledger, 2)));
                killer = await http.SubmitAsync("die", "");
            }

            try
            {
                var ended = (await http.EndAsync(killer!)).Json;
                Assert.Equal("failed", ended.GetProperty("state").GetString());
                Assert.StartsWith("crashed", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
                await AllEndAsync(silo, others, ledger);
                Assert.InRange(life, 3, 4);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await silo.Ended.WaitAsync(TimeSpan.FromSeconds(30));
            }
        }

        Assert.Fail("The job killed its process for ever.");
    }

    [Fact]
    public async Task A_job_waits_for_a_function_that_is_not_served_now()
    {
        using var folder = new TempFolder();
        var manifest = Path.Combine(Directory.CreateDirectory(Path.Combine(folder["data"], "functions")).FullName, "late.json");
        await File.WriteAllTextAsync(manifest, """{ "command": "/bin/sleep", "arguments": ["30"] }""");
        string path;
        await using (var silo = await SiloProcess.StartAsync(folder["data"]))
        {
            using var http = silo.CreateClient();
            path = await http.SubmitAsync("late", "abc", "text/plain");
            await RunningAsync(http, path);
            Assert.Equal(0, await silo.StopAsync());
        }

        File.Delete(manifest);
        await using var again = await SiloProcess.StartAsync(folder["data"]);
        using var client = again.CreateClient();
        await again.PrintsAsync("function late is not served here now");
        Assert.Equal("ready", (await client.FetchAsync(path + "?wait=500ms")).Json.GetProperty("state").GetString());
        // Nobody else waits for it.
        (await client.CallAsync("wordcount", "a", "text/plain", ("Prefer", "wait=20"))).Is(200);
        await File.WriteAllTextAsync(manifest, """{ "command": "/bin/cat" }""");
        Assert.Equal("succeeded", (await client.EndAsync(path)).Json.GetProperty("state").GetString());
        Assert.Equal("abc", (await client.FetchAsync(path + "/result")).Is(200).Text);
    }

    [Fact]
    public async Task No_attempt_has_the_number_of_another()
    {
        using var folder = new TempFolder();
        var ledger = folder["ledger"];
        for (var life = 0; life < 3; life++)
        {
            await using var silo = await StartAsync(folder);
            using var http = silo.CreateClient();
            if (life == 0)
                await http.SubmitAsync("ledger", Entry(ledger, 60));
            for (var i = 0; i < 3_000 && (!File.Exists(ledger) || (await File.ReadAllLinesAsync(ledger)).Length <= life); i++)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            if (life == 1)
                await silo.StopAsync();
            else
                await silo.KillAsync();
        }

        Assert.Equal(["1", "2", "3"], (await File.ReadAllLinesAsync(ledger)).Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public async Task An_ended_job_does_not_run_again()
    {
        using var folder = new TempFolder();
        var ledger = folder["ledger"];
        string path;
        await using (var silo = await StartAsync(folder))
        {
            using var http = silo.CreateClient();
            await http.EndAsync(path = await http.SubmitAsync("ledger", Entry(ledger, 0)));
            await silo.KillAsync();
        }

        await using var again = await StartAsync(folder);
        using var client = again.CreateClient();
        Assert.Equal("1", (await client.FetchAsync(path + "/result")).Is(200).Text);
        Assert.Single(await File.ReadAllLinesAsync(ledger));
    }

    private static async Task<SiloProcess> StartAsync(TempFolder folder, bool mayDie = false)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
            }
            catch (InvalidOperationException) when (mayDie && i < 5)
            {
                // The job killed it before it could say that it serves.
            }
        }
    }

    private static string Entry(string ledger, double seconds) => System.Text.Json.JsonSerializer.Serialize(new { file = ledger, seconds });

    private static async Task RunningAsync(HttpClient http, string path)
    {
        for (var i = 0; i < 3_000; i++)
        {
            if ((await http.FetchAsync(path)).Json.GetProperty("state").GetString() == "running")
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail("The job does not run.");
    }

    /// <summary>Each has succeeded, and the ledger of effects has each at least once.</summary>
    private static async Task AllEndAsync(SiloProcess silo, List<string> paths, string ledger)
    {
        using var http = silo.CreateClient();
        foreach (var path in paths)
        {
            var ended = (await http.EndAsync(path)).Json;
            Assert.True(ended.GetProperty("state").GetString() == "succeeded", ended.ToString());
            var again = (await http.EndAsync(path)).Json;
            Assert.Equal(ended.ToString(), again.ToString());
        }

        var effects = (await File.ReadAllLinesAsync(ledger)).Select(line => "/v1/jobs/" + line.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        Assert.All(paths, path => Assert.Contains(path, effects));
        Assert.Equal(paths.Count, effects.Count);
    }
}
