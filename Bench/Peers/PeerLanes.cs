using System.Collections.Concurrent;
using Hearth.Bench.Jobs;
using Npgsql;

namespace Hearth.Bench.Peers;

/// <summary>The peers' lanes: each sample is a process of its own on an empty store.</summary>
internal sealed class PeerLanes(PostgresBenchStore postgres, PeerPrograms programs)
{
    /// <summary>Of what ran, as it says itself.</summary>
    public ConcurrentDictionary<string, string> Versions { get; } = new();

    public IEnumerable<Lane> Of(Peer peer) => peer.Settings.Select(phase => new Lane(
        phase.Key, peer.Name, Role.Peer, peer.JobsOf(phase.Key),
        [.. phase.Value.Select(settings => new Variant(settings.ToString(), jobs => MeasureAsync(peer, phase.Key, settings, jobs)))]));

    private async Task<Sample> MeasureAsync(Peer peer, string phase, PeerSettings settings, int jobs)
    {
        var result = peer.Store switch
        {
            PeerStore.RedisAlways => await OnRedisAsync("always"),
            PeerStore.RedisEverySecond => await OnRedisAsync("everysec"),
            _ => await OnPostgresAsync(),
        };
        Versions[peer.Name.Split([' ', ','])[0]] = result.Version;
        return new Sample(jobs / result.Seconds, result.Acknowledged, result.Started);

        async Task<DriverResult> OnRedisAsync(string appendFsync)
        {
            using var redis = await RedisServer.StartAsync(appendFsync);
            return await programs.RunAsync(peer.Script, phase, new DriverTask(jobs, null, redis.Port, settings));
        }

        async Task<DriverResult> OnPostgresAsync()
        {
            await postgres.ResetAsync();
            var place = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
            // Quartz.NET's driver makes databases of its own.
            var address = peer.Script is null
                ? place.ConnectionString
                : FormattableString.Invariant($"postgres://{place.Username}@{place.Host}:{place.Port}/{place.Database}");
            return await programs.RunAsync(peer.Script, phase, new DriverTask(jobs, address, null, settings));
        }
    }
}
