using System.Globalization;

namespace Hearth.Tests.Support.Faults;

/// <summary>Faults of a cluster in a random order, one or two at a time, drawn from a seed.</summary>
internal sealed class Ordeal
{
    private static readonly TimeSpan RepairMax = TimeSpan.FromMinutes(2);

    private readonly FaultedCluster cluster;
    private readonly CutNetwork? network;
    private readonly string[] names;
    private readonly Random random;
    private readonly Fault[] faults;

    /// <param name="cluster">All its silos run.</param>
    /// <param name="names">Theirs.</param>
    /// <param name="random">Draws faults, victims and pauses.</param>
    public Ordeal(FaultedCluster cluster, string[] names, Random random)
    {
        (this.cluster, this.names, this.random, network) = (cluster, names, random, cluster.Network);
        faults =
        [
            new("kill", Of.Silos, () => KillAsync(1)),
            new("kill several", Of.Silos, () => KillAsync(names.Length - 1)),
            new("kill all", Of.Silos, () => KillAsync(names.Length)),
            new("freeze", Of.Silos, FreezeAsync),
            new("roll", Of.Everything, RollAsync),
            new("database killed", Of.Database, DatabaseKilledAsync),
            new("database frozen", Of.Database, DatabaseFrozenAsync),
            new("database restarted", Of.Database, DatabaseRestartedAsync),
            .. network is null
                ? Array.Empty<Fault>()
                :
                [
                    new("cut from a silo", Of.Network, () => Cut(network.AddressOf(Other()), bothWays: true)),
                    new("not heard by a silo", Of.Network, () => Cut(network.AddressOf(Other()), bothWays: false)),
                    new("cut from the database", Of.Network, () => Cut(network.Server, bothWays: true)),
                ],
        ];
    }

    /// <summary>What a fault befalls; two at a time befall different things.</summary>
    private enum Of
    {
        Silos,
        Database,
        Network,
        Everything,
    }

    /// <summary>One or two faults, their end, and the replacement of the silos that they cost.</summary>
    /// <returns>Which.</returns>
    public async Task<string> StepAsync()
    {
        random.Shuffle(names);
        var first = faults[random.Next(faults.Length)];
        var second = random.Next(2) == 0 ? faults[random.Next(faults.Length)] : null;
        if (second is not null && (second.Befalls == first.Befalls || second.Befalls == Of.Everything || first.Befalls == Of.Everything))
            second = null;
        var end = await first.Begin();
        await PauseAsync();
        var endSecond = second is null ? null : await second.Begin();
        await PauseAsync();
        await end();
        if (endSecond is not null)
        {
            await PauseAsync();
            await endSecond();
        }

        await RepairAsync();
        return second is null ? first.Name : $"{first.Name} and {second.Name}";
    }

    private async Task<Func<Task>> KillAsync(int count)
    {
        foreach (var name in names.Take(count))
            await cluster.KillAsync(name);
        return () => Task.CompletedTask;
    }

    private Task<Func<Task>> FreezeAsync()
    {
        var name = names[0];
        cluster.Freeze(name);
        return After(() =>
        {
            cluster.Thaw(name);
            return Task.CompletedTask;
        });
    }

    private async Task<Func<Task>> RollAsync()
    {
        await cluster.RollAsync(names[0]);
        return () => Task.CompletedTask;
    }

    private async Task<Func<Task>> DatabaseKilledAsync()
    {
        await cluster.Store.KillAsync();
        return cluster.Store.StartAsync;
    }

    private Task<Func<Task>> DatabaseFrozenAsync()
    {
        cluster.Store.Server.Freeze();
        return After(() =>
        {
            cluster.Store.Server.Thaw();
            return Task.CompletedTask;
        });
    }

    private async Task<Func<Task>> DatabaseRestartedAsync()
    {
        await cluster.Store.Server.RestartAsync();
        return () => Task.CompletedTask;
    }

    private Task<Func<Task>> Cut(string other, bool bothWays)
    {
        network!.Cut(network.AddressOf(names[0]), other);
        if (bothWays)
            network.Cut(other, network.AddressOf(names[0]));
        return After(() =>
        {
            network.Heal();
            return Task.CompletedTask;
        });
    }

    private string Other() => names[^1];

    private static Task<Func<Task>> After(Func<Task> end) => Task.FromResult(end);

    /// <summary>From nothing to well over a lease.</summary>
    private Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(random.Next(8_000)), TimeProvider.System);

    /// <summary>Starts those again that have ended, until all are there and renew.</summary>
    private async Task RepairAsync() => await cluster.UntilAsync(
        async () =>
        {
            foreach (var name in names.Where(name => cluster[name].Process.HasEnded))
                await cluster.StartAsync(name, cluster[name].Arguments);
            foreach (var name in names)
                cluster[name].IsAsked = true;
            return await RenewingAsync() == names.Length;
        },
        string.Create(CultureInfo.InvariantCulture, $"all {names.Length} silos live"), RepairMax);

    private async Task<long> RenewingAsync() => (await cluster.Store.ReadAsync(
        $"SELECT count(*) FROM {EngineTables.Silos} WHERE renews", row => row.GetInt64(0))).Single();

    /// <param name="Name">For the output.</param>
    /// <param name="Befalls">What.</param>
    /// <param name="Begin">Its begin, which answers with its end.</param>
    private sealed record Fault(string Name, Of Befalls, Func<Task<Func<Task>>> Begin);
}
