using System.Net;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>PostgreSQL behind a bad network, or killed: nothing is acknowledged early or twice, and the silo recovers by itself.</summary>
[Collection(FaultSuite.Name)]
public sealed class LostDatabaseTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TempFolder folder = new();
    private FaultedPostgres server = null!;
    private PostgresProxy proxy = null!;
    private FaultedSilo silo = null!;

    public async Task InitializeAsync()
    {
        if (FaultedPostgres.Programs is null)
            return;
        Command.Must("chmod", "o+x", folder.Path);
        server = await FaultedPostgres.CreateAsync(folder["pg"]);
        proxy = PostgresProxy.Start(server.Port);
        silo = await FaultedSilo.StartAsync(new TestedPostgres(server, folder["data"]) { Port = proxy.Port });
    }

    public async Task DisposeAsync()
    {
        if (silo is not null)
            await silo.DisposeAsync();
        if (proxy is not null)
            await proxy.DisposeAsync();
        folder.Dispose();
    }

    [FaultFact(Need.Postgres)]
    public async Task A_commit_whose_answer_is_lost_is_acknowledged_once()
    {
        await OneAsync(() => proxy.LoseReply("INSERT INTO hearth.job "));
        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    public async Task A_commit_that_never_arrived_is_sent_again()
    {
        await OneAsync(() => proxy.LoseRequest("INSERT INTO hearth.job "));
        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Commits_are_lost_again_and_again_under_load()
    {
        await using (silo.Read())
        await using (silo.Submit())
        {
            for (var n = 0; n < 20; n++)
            {
                var insert = n % 3 == 0 ? "INSERT INTO hearth.job_end " : "INSERT INTO hearth.job ";
                await (n % 2 == 0 ? proxy.LoseReply(insert, skip: n) : proxy.LoseRequest(insert, skip: n)).WaitAsync(Soon);
                await silo.MoreAsync(50, Soon);
            }
        }

        await JudgeAsync();
        // No process died: nothing may have run twice.
        Assert.Equal(0, (await silo.JudgeAsync()).RunTwice);
    }

    [FaultFact(Need.Postgres)]
    public async Task A_black_hole_holds_everything_up_and_nothing_is_acknowledged_in_it()
    {
        silo.Milliseconds = 50;
        await using (silo.Submit())
        {
            await silo.MoreAsync(200, Soon);
            proxy.HoldReplies();
            proxy.HoldRequests();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            var before = silo.History.Acknowledged;
            await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System);
            Assert.Equal(before, silo.History.Acknowledged);
            using (var ready = await silo.SendAsync(HttpMethod.Get, "/health/ready"))
                Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            proxy.Cut();
            proxy.Heal();
            output.WriteLine($"accepts again after {(await silo.MoreAsync(1, Soon)).TotalSeconds:0.0} s");
        }

        await JudgeAsync();
        Assert.Equal(0, (await silo.JudgeAsync()).RunTwice);
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task A_black_hole_under_jobs_that_nobody_adds_to()
    {
        silo.Milliseconds = 100;
        await using (silo.SubmitArrays(clients: 4))
            await silo.MoreAsync(6_000, TimeSpan.FromSeconds(30));
        proxy.HoldReplies();
        proxy.HoldRequests();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        // What was held arrives late, on the same connections.
        proxy.Heal();
        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task Connections_are_reset_all_the_time()
    {
        await using (silo.Read())
        await using (silo.Submit())
        {
            await silo.MoreAsync(100, Soon);
            for (var n = 0; n < 40; n++)
            {
                proxy.Cut();
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }

            output.WriteLine($"accepts again after {(await silo.MoreAsync(100, Soon)).TotalSeconds:0.0} s");
        }

        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task The_server_is_killed_and_started_again()
    {
        await using (silo.Read())
        await using (silo.Submit())
        {
            for (var n = 0; n < 5; n++)
            {
                await silo.MoreAsync(300, TimeSpan.FromSeconds(30));
                await server.KillAsync();
                await Task.Delay(TimeSpan.FromSeconds(n), TimeProvider.System);
                await server.StartAsync();
                output.WriteLine($"accepts again after {(await silo.MoreAsync(1, Soon)).TotalSeconds:0.0} s");
            }
        }

        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task The_server_is_gone_for_longer_than_a_commit_may_stay_unknown()
    {
        silo.Milliseconds = 100;
        await using (silo.Submit())
            await silo.MoreAsync(2_000, TimeSpan.FromSeconds(30));
        await server.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(70), TimeProvider.System);
        await server.StartAsync();
        // Nobody asks anything of the silo.
        await JudgeAsync();
    }

    [FaultFact(Need.Postgres)]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public async Task A_slow_network_only_makes_it_slower()
    {
        proxy.Delay = TimeSpan.FromMilliseconds(25);
        await using (silo.Submit())
            await silo.MoreAsync(500, TimeSpan.FromSeconds(60));
        await JudgeAsync();
        Assert.Equal(["202"], silo.Answers.Keys);
    }

    /// <summary>A lone submission without a key, whose commit meets a loss.</summary>
    private async Task OneAsync(Func<Task> plan)
    {
        await silo.SubmitOneAsync("first 0");
        var lost = plan();
        await silo.SubmitOneAsync("second 0");
        await lost.WaitAsync(Soon);
        Assert.Equal(2, (await silo.Store.CountAsync()).Jobs);
    }

    private async Task JudgeAsync()
    {
        var took = await silo.AllEndAsync(TimeSpan.FromSeconds(60));
        output.WriteLine($"all ended after {took.TotalSeconds:0.0} s");
        await silo.HoldsAsync(output);
    }
}
