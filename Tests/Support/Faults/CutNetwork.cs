using System.Globalization;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A network of the test's own: each host is a namespace with one cable to a router, the test's namespace is another, and the router drops what
/// it is told to, silently and in one direction at a time. Needs <see cref="Need.Network"/>.
/// </summary>
/// <remarks>Of the addresses for benchmarks (198.18.0.0/15) each process takes a /24; the router's policy rules are the cuts.</remarks>
public sealed class CutNetwork : IDisposable
{
    /// <summary>Names of interfaces and namespaces; a process has one network at a time.</summary>
    private const string Prefix = "hearth";

    private const int HostsMax = 62;

    private readonly string id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
    private readonly Dictionary<string, int> hosts = new(StringComparer.Ordinal);
    private readonly HashSet<(string From, string To)> cuts = [];
    private readonly string subnet;

    /// <param name="names">Hosts.</param>
    /// <exception cref="IOException">This machine cannot.</exception>
    public CutNetwork(params IReadOnlyList<string> names)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(names.Count, HostsMax, nameof(names));
        var number = Environment.ProcessId % 512;
        subnet = string.Create(CultureInfo.InvariantCulture, $"198.{18 + (number / 256)}.{number % 256}");
        Server = subnet + ".254";
        try
        {
            Connect();
            foreach (var name in names)
                Add(name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>An address of the test's own namespace that a server listens on. Cuts of it do not cut the test's clients from the hosts.</summary>
    public string Server { get; }

    private string Router => $"{Prefix}-{id}";

    /// <summary>What a program is started by to be on a host.</summary>
    public IReadOnlyList<string> Launcher(string host) => ["ip", "netns", "exec", NamespaceOf(host)];

    public string AddressOf(string host) => Address(hosts[host], 1);

    /// <summary>From now on nothing gets from one address to the other; the other way is open.</summary>
    public void Cut(string from, string to)
    {
        if (cuts.Add((from, to)))
            Ip("-n", Router, "rule", "add", "from", from, "to", to, "blackhole");
    }

    public void CutBothWays(string one, string other)
    {
        Cut(one, other);
        Cut(other, one);
    }

    public void Heal()
    {
        foreach (var (from, to) in cuts)
            Ip("-n", Router, "rule", "del", "from", from, "to", to, "blackhole");
        cuts.Clear();
    }

    /// <summary>Cables go with their namespaces.</summary>
    public void Dispose()
    {
        foreach (var host in hosts.Keys)
            Command.Run("ip", "netns", "del", NamespaceOf(host));
        Command.Run("ip", "netns", "del", Router);
        Command.Run("ip", "link", "del", Prefix + id);
    }

    private void Connect()
    {
        Ip("netns", "add", Router);
        Ip("link", "add", Prefix + id, "type", "veth", "peer", "name", "test", "netns", Router);
        Ip("addr", "add", Address(0, 1) + "/30", "dev", Prefix + id);
        Ip("addr", "add", Server + "/32", "dev", Prefix + id);
        Ip("link", "set", Prefix + id, "up");
        Ip("-n", Router, "addr", "add", Address(0, 2) + "/30", "dev", "test");
        Ip("-n", Router, "link", "set", "lo", "up");
        Ip("-n", Router, "link", "set", "test", "up");
        Ip("-n", Router, "route", "add", Server, "via", Address(0, 1));
        Ip("route", "add", subnet + ".0/24", "via", Address(0, 2));
        Command.Must("ip", "netns", "exec", Router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    }

    private void Add(string host)
    {
        var number = hosts.Count + 1;
        var cable = "h" + number.ToString(CultureInfo.InvariantCulture);
        hosts.Add(host, number);
        Ip("netns", "add", NamespaceOf(host));
        Ip("link", "add", "eth0", "netns", NamespaceOf(host), "type", "veth", "peer", "name", cable, "netns", Router);
        Ip("-n", Router, "addr", "add", Address(number, 2) + "/30", "dev", cable);
        Ip("-n", Router, "link", "set", cable, "up");
        Ip("-n", NamespaceOf(host), "link", "set", "lo", "up");
        Ip("-n", NamespaceOf(host), "addr", "add", AddressOf(host) + "/30", "dev", "eth0");
        Ip("-n", NamespaceOf(host), "link", "set", "eth0", "up");
        Ip("-n", NamespaceOf(host), "route", "add", "default", "via", Address(number, 2));
    }

    private string NamespaceOf(string host) => $"{Prefix}-{id}-{host}";

    private string Address(int host, int end) => string.Create(CultureInfo.InvariantCulture, $"{subnet}.{(4 * host) + end}");

    private static void Ip(params IReadOnlyList<string> arguments) => Command.Must("ip", arguments);
}
