using System.Diagnostics;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Faults;

/// <summary>Random faults under load for as long as it is told: <c>./test --soak HOURS</c>.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Soak)]
public sealed class SoakTests
{
    private const int StepsOfARound = 5;

    private static readonly string[] Names = ["one", "two", "three"];
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private readonly SoakLedger ledger = new();

    [SoakFact]
    public async Task Random_faults_under_load_until_the_time_is_up()
    {
        ledger.Tell($"Seed {ledger.Seed}: HEARTH_SOAK_SEED={ledger.Seed} draws the same faults again.");
        var outcome = "failed";
        try
        {
            var start = Stopwatch.GetTimestamp();
            for (var round = 0; round == 0 || Stopwatch.GetElapsedTime(start) < ledger.Time; round++)
                await RoundAsync(round);
            outcome = "held";
        }
        finally
        {
            await ledger.WriteAsync(outcome);
        }
    }

    private async Task RoundAsync(int round)
    {
        // A generator of its own, so that a round can be told by its number.
        var random = new Random(unchecked((ledger.Seed * 1_000) + round));
        using var folder = new TempFolder();
        using var network = Environment.IsPrivilegedProcess ? new CutNetwork(Names) : null;
        await using var cluster = new FaultedCluster(await TestedPostgres.CreateAsync(folder, network?.Server))
        {
            Network = network,
            Milliseconds = random.Next(5, 100),
        };
        foreach (var name in Names)
            await cluster.StartAsync(name);
        var ordeal = new Ordeal(cluster, [.. Names], random);
        await using (cluster.Submit())
        {
            for (var step = 0; step < StepsOfARound; step++)
            {
                await cluster.MoreAsync(100, Soon);
                ledger.Fault(round, await ordeal.StepAsync());
            }

            await cluster.MoreAsync(100, Soon);
        }

        await cluster.AllEndAsync(Soon);
        ledger.Judge(round, await cluster.JudgeAsync());
        await cluster.HoldsAsync(ledger);
    }
}

/// <summary>A fact for <c>./test --soak HOURS</c> alone.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SoakFactAttribute : FactAttribute
{
    public SoakFactAttribute() => Skip = Environment.GetEnvironmentVariable(SoakLedger.HoursVariable) is null
        ? "It goes on for as long as it is told: ./test --soak HOURS."
        : new FaultFactAttribute(Need.Postgres).Skip;
}
