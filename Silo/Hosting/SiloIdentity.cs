using System.Globalization;
using Hearth.Cluster;

namespace Hearth.Hosting;

/// <summary>Who this silo is in the cluster, as far as it was told.</summary>
/// <param name="Name">As its operator knows it.</param>
/// <param name="Id">Unique to this start: <c>{name}.{12 hexadecimal digits}</c>.</param>
/// <param name="Pools">The labels that it carries; none without the role of a worker.</param>
/// <param name="Roles">What it does.</param>
internal sealed record SiloIdentity(string Name, string Id, IReadOnlyList<string> Pools, SiloRoles Roles)
{
    /// <summary>The id, 13 characters longer, is the name of the database's sessions, which has room for 63.</summary>
    public const int NameLengthMax = 50;

    private const int PoolsMax = 16;

    /// <exception cref="StartException">What was told cannot be; the message says what to change.</exception>
    public static SiloIdentity From(HearthOptions options)
    {
        var name = options.Name ?? DefaultName(options.Port);
        if (!IsName(name))
        {
            throw new StartException(
                $"--name '{name}': a silo's name is 1 to {NameLengthMax} lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit.");
        }

        var roles = RolesOf(options);
        return new SiloIdentity(name, name + "." + Guid.NewGuid().ToString("N")[..12], PoolsOf(options, roles), roles);
    }

    private static string DefaultName(int port)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $"-{(port == 0 ? Environment.ProcessId : port)}");
        var machine = string.Concat(Environment.MachineName.ToLowerInvariant().Select(c => IsNameCharacter(c) ? c : '-')).TrimStart('-', '.', '_');
        return (machine.Length == 0 ? "silo" : machine[..Math.Min(machine.Length, NameLengthMax - suffix.Length)]) + suffix;
    }

    private static bool IsName(string name) => name.Length is > 0 and <= NameLengthMax && char.IsAsciiLetterOrDigit(name[0]) && name.All(IsNameCharacter);

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_';

    private static SiloRoles RolesOf(HearthOptions options)
    {
        var roles = default(SiloRoles);
        foreach (var role in Parts(options.Roles ?? "frontend,worker"))
        {
            roles |= role switch
            {
                "frontend" => SiloRoles.Frontend,
                "worker" => SiloRoles.Worker,
                _ => throw new StartException($"--roles '{role}': the roles are frontend and worker; give one or both, separated by a comma."),
            };
        }

        if (roles == default)
            throw new StartException("--roles is empty: give frontend, worker or both, separated by a comma.");
        if (options.Database is null && roles != (SiloRoles.Frontend | SiloRoles.Worker))
            throw new StartException("--roles: on SQLite there is one silo, which is frontend and worker; to divide the roles among several, use PostgreSQL: --database CONNECTION-STRING.");
        return roles;
    }

    private static IReadOnlyList<string> PoolsOf(HearthOptions options, SiloRoles roles)
    {
        if (!roles.HasFlag(SiloRoles.Worker))
            return options.Pool is null ? [] : throw new StartException("--pool is for workers, which this silo is not: leave it out, or add worker to --roles.");
        var pools = Parts(options.Pool ?? PoolName.Default).Distinct(StringComparer.Ordinal).ToList();
        if (pools.Find(pool => !PoolName.IsValid(pool)) is { } bad)
            throw new StartException($"--pool '{bad}': {PoolName.Rule}.");
        return pools.Count is > 0 and <= PoolsMax
            ? pools
            : throw new StartException(string.Create(CultureInfo.InvariantCulture, $"--pool: a silo carries 1 to {PoolsMax} pools, not {pools.Count}."));
    }

    private static IEnumerable<string> Parts(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
