using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Tests.Support;

namespace Hearth.Tests.Hosting;

/// <summary>Who a silo is told to be. Every mistake is one sentence with the remedy.</summary>
public sealed class SiloOptionsTests
{
    [Fact]
    public void A_silo_that_is_told_nothing_is_both_in_the_default_pool_and_listens_here()
    {
        var self = SiloIdentity.From(new HearthOptions());
        Assert.EndsWith("-8080", self.Name, StringComparison.Ordinal);
        Assert.Matches("^[a-z0-9][a-z0-9._-]{0,49}$", self.Name);
        Assert.Matches("^" + self.Name + "\\.[0-9a-f]{12}$", self.Id);
        Assert.Equal(["default"], self.Pools);
        Assert.Equal(SiloRoles.Frontend | SiloRoles.Worker, self.Roles);
        Assert.EndsWith(FormattableString.Invariant($"-{Environment.ProcessId}"), SiloIdentity.From(new HearthOptions { Port = 0 }).Name, StringComparison.Ordinal);
        Assert.NotEqual(self.Id, SiloIdentity.From(new HearthOptions()).Id);
        var listening = SiloListening.From(new HearthOptions());
        Assert.Equal(("127.0.0.1", 0, "127.0.0.1"), (listening.Address.ToString(), listening.Port, listening.Host));
    }

    [Fact]
    public void Pools_and_roles_are_lists()
    {
        var self = SiloIdentity.From(new HearthOptions { Pool = "gpu, default,gpu", Roles = "worker", Database = "Host=x", Name = "w-1.a_b" });
        Assert.Equal(["gpu", "default"], self.Pools);
        Assert.Equal((SiloRoles.Worker, "w-1.a_b"), (self.Roles, self.Name));
        var frontend = SiloIdentity.From(new HearthOptions { Roles = "frontend", Database = "Host=x" });
        Assert.Empty(frontend.Pools);
        Assert.Equal(SiloRoles.Frontend, frontend.Roles);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("-a")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("a b")]
    [InlineData("012345678901234567890123456789012345678901234567890")]
    public void A_bad_name_is_told(string name) => Refused("--name", () => SiloIdentity.From(new HearthOptions { Name = name }));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("GPU")]
    [InlineData("a,b/c")]
    [InlineData("p0,p1,p2,p3,p4,p5,p6,p7,p8,p9,p10,p11,p12,p13,p14,p15,p16")]
    public void A_bad_pool_is_told(string pool) => Refused("--pool", () => SiloIdentity.From(new HearthOptions { Pool = pool }));

    [Theory]
    [InlineData("", "Host=x")]
    [InlineData("boss", "Host=x")]
    [InlineData("worker,", null)]
    [InlineData("frontend", null)]
    public void Bad_roles_are_told(string roles, string? database) =>
        Refused("--roles", () => SiloIdentity.From(new HearthOptions { Roles = roles, Database = database }));

    [Fact]
    public void A_pool_for_a_silo_that_runs_nothing_is_told() =>
        Refused("--pool", () => SiloIdentity.From(new HearthOptions { Roles = "frontend", Pool = "gpu", Database = "Host=x" }));

    [Theory]
    [InlineData("10.0.0.5:7000", null, "10.0.0.5", 7000, "10.0.0.5")]
    [InlineData("[::1]:7000", null, "::1", 7000, "::1")]
    [InlineData("localhost:0", null, "127.0.0.1", 0, "127.0.0.1")]
    [InlineData("0.0.0.0:7000", "silo-1.example", "0.0.0.0", 7000, "silo-1.example")]
    [InlineData("10.0.0.5:7000", "203.0.113.9", "10.0.0.5", 7000, "203.0.113.9")]
    public void An_address_is_where_to_listen_and_where_to_be_reached(string listen, string? advertise, string address, int port, string host)
    {
        var listening = SiloListening.From(new HearthOptions { SiloListen = listen, SiloAdvertise = advertise });
        Assert.Equal((address, port, host), (listening.Address.ToString(), listening.Port, listening.Host));
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:+1")]
    [InlineData("127.1:7000")]
    [InlineData("::1:7000")]
    [InlineData("silo.example:7000")]
    [InlineData(":7000")]
    public void A_bad_address_is_told(string listen) => Refused("--silo-listen", () => SiloListening.From(new HearthOptions { SiloListen = listen }));

    [Theory]
    [InlineData("*:7000")]
    [InlineData("0.0.0.0:7000")]
    [InlineData("[::]:7000")]
    public void All_addresses_need_one_to_be_reached_by(string listen) =>
        Refused("--silo-advertise HOST", () => SiloListening.From(new HearthOptions { SiloListen = listen }));

    [Theory]
    [InlineData("")]
    [InlineData("0.0.0.0")]
    [InlineData("host:7000")]
    [InlineData("a b")]
    [InlineData("http://host")]
    public void A_bad_host_is_told(string host) =>
        Refused("--silo-advertise", () => SiloListening.From(new HearthOptions { SiloListen = "*:1", SiloAdvertise = host }));

    [Theory]
    [InlineData("--name", "NO")]
    [InlineData("--roles", "worker")]
    [InlineData("--pool", "a/b")]
    public async Task The_command_refuses_a_mistake_with_one_sentence(string option, string value)
    {
        using var folder = new TempFolder();
        var start = await SiloProcess.RunApartAsync(["--port", "0", "--data", folder["data"], option, value]);
        Assert.Equal(1, start.Code);
        Assert.StartsWith("Hearth cannot start: " + option, start.Error, StringComparison.Ordinal);
        Assert.Single(start.Error.Split('\n'));
    }

    [Theory]
    [InlineData("Hearth__Queues__images__Pool", "NO!", "images")]
    [InlineData("Hearth__Queues__IMAGES__Pool", "gpu", "IMAGES")]
    [InlineData("Hearth__Roles", "boss", "--roles")]
    public async Task A_mistake_in_the_environment_is_told(string name, string value, string says)
    {
        using var folder = new TempFolder();
        var start = await SiloProcess.RunApartAsync(
            ["--port", "0", "--data", folder["data"]], new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value });
        Assert.Equal(1, start.Code);
        Assert.Contains(says, start.Error, StringComparison.Ordinal);
        Assert.Single(start.Error.Split('\n'));
    }

    [Fact]
    public async Task A_second_silo_on_one_folder_is_told_how_there_can_be_several()
    {
        using var folder = new TempFolder();
        await using var first = await SiloProcess.StartAsync(folder["data"]);
        var start = await SiloProcess.RunApartAsync(["--port", "0", "--data", folder["data"]]);
        Assert.Equal(1, start.Code);
        Assert.Contains("use PostgreSQL for several silos: --database", start.Error, StringComparison.Ordinal);
    }

    private static void Refused(string says, Func<object> start)
    {
        var message = Assert.Throws<StartException>(start).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
