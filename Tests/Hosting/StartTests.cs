using System.Net;
using System.Net.Sockets;
using Hearth.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Hearth.Tests.Hosting;

/// <summary>A start that cannot work is one clear message on the error stream and exit code 1.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task A_second_silo_on_the_same_folder_is_refused()
    {
        using var folder = new TempFolder();
        await using var first = await SiloProcess.StartAsync(folder["data"]);
        await RefusedAsync("in use by another silo", "--port", "0", "--data", folder["data"]);
        using var http = first.CreateClient();
        (await http.CallAsync("echo", "1")).Is(200);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "");
        await RefusedAsync("cannot be written", "--port", "0", "--data", Path.Combine(folder["file"], "data"));
        await RefusedAsync("cannot be written", "--port", "0", "--data", folder["file"]);
        if (OperatingSystem.IsLinux())
            await RefusedAsync("cannot be written", "--port", "0", "--data", "/proc/hearth");
    }

    [Fact]
    public async Task A_port_in_use_is_told()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await RefusedAsync($"port {port} is in use", "--port", port, "--data", folder["data"]);
        await RefusedAsync($"port {port} is in use", "--port", port, "--data", folder["data"], "--listen", "127.0.0.1");
    }

    [Theory]
    [InlineData("70000", "--port 70000")]
    [InlineData("-1", "--port -1")]
    [InlineData("http", "'http'")]
    public async Task A_bad_port_is_told(string port, string says)
    {
        using var folder = new TempFolder();
        await RefusedAsync(says, "--port", port, "--data", folder["data"]);
    }

    [Theory]
    [InlineData("--prot", "8080")]
    [InlineData("serve")]
    [InlineData("--connection", "nonsense")]
    [InlineData("--tls-certificate", "/nowhere.pem")]
    public async Task An_option_that_is_not_understood_is_told(params string[] options)
    {
        using var folder = new TempFolder();
        await RefusedAsync(options[^1] == "8080" ? "--prot" : options[0], [.. options, "--data", folder["data"], "--port", "0"]);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("300.1.1.1")]
    [InlineData("localhost:80")]
    public async Task A_bad_address_is_told(string listen)
    {
        using var folder = new TempFolder();
        await RefusedAsync("--listen " + listen, "--port", "0", "--data", folder["data"], "--listen", listen);
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_told()
    {
        using var folder = new TempFolder();
        await RefusedAsync("203.0.113.7", "--port", "0", "--data", folder["data"], "--listen", "203.0.113.7", "--behind-proxy");
    }

    [Fact]
    public async Task A_setting_of_the_environment_that_cannot_be_read_is_told()
    {
        using var folder = new TempFolder();
        var start = await SiloProcess.RunApartAsync(
            ["--data", folder["data"]], new Dictionary<string, string>(StringComparer.Ordinal) { ["Hearth__Port"] = "http" });
        AssertRefused(start, "Hearth:Port");
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_told()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["bad.pem"], "no certificate");
        await RefusedAsync("bad.pem", "--port", "0", "--data", folder["data"], "--tls-certificate", folder["bad.pem"], "--tls-key", folder["bad.pem"]);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_told_and_left_alone()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        var path = Path.Combine(folder["data"], "hearth.db");
        await File.WriteAllTextAsync(path, new string('x', 10_000));
        await RefusedAsync("cannot be opened", "--port", "0", "--data", folder["data"]);
        Assert.Equal(new string('x', 10_000), await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_damaged_database_is_told()
    {
        using var folder = new TempFolder();
        await using (var silo = await SiloProcess.StartAsync(folder["data"]))
        {
            using var http = silo.CreateClient();
            for (var i = 0; i < 20; i++)
                await http.CallAsync("wordcount", new string('a', 10_000), "text/plain", ("Prefer", "wait=10"));
            await silo.StopAsync();
        }

        var path = Path.Combine(folder["data"], "hearth.db");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes.AsSpan(4096).Fill(0xAB);
        await File.WriteAllBytesAsync(path, bytes);
        await RefusedAsync("database", "--port", "0", "--data", folder["data"]);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_told_and_left_alone()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        SQLitePCL.Batteries_V2.Init();
        var connectionString = $"Data Source={Path.Combine(folder["data"], "hearth.db")};Pooling=false";
        await using (var connection = new SqliteConnection(connectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (x); PRAGMA user_version=99";
            await command.ExecuteNonQueryAsync();
        }

        await RefusedAsync("schema 99", "--port", "0", "--data", folder["data"]);
        await using var after = new SqliteConnection(connectionString);
        await after.OpenAsync();
        await using var tables = after.CreateCommand();
        tables.CommandText = "SELECT group_concat(name) FROM sqlite_master";
        Assert.Equal("theirs", await tables.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_silo_keeps_is_for_its_owner_only(bool withKey)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TempFolder();
        if (withKey)
            await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]]);
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["data"]));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_tells_every_option_and_exits_0(string option)
    {
        var help = await SiloProcess.RunApartAsync([option]);
        Assert.Equal((0, ""), (help.Code, help.Error));
        foreach (var name in new[] { "--port", "--listen", "--data", "--functions", "--tls-certificate", "--tls-key", "--behind-proxy", "--connection", "admin-key" })
            Assert.Contains(name, help.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists("data"));
    }

    [Fact]
    public async Task The_version_is_told() => Assert.Equal(0, (await SiloProcess.RunApartAsync(["--version"])).Code);

    [Fact]
    public async Task A_stop_lets_a_call_end_and_exits_0()
    {
        using var folder = new TempFolder();
        await using var silo = await SiloProcess.StartAsync(folder["data"]);
        using var http = silo.CreateClient();
        var call = http.CallAsync("sleep", """{"seconds":2}""");
        while ((await http.FetchAsync("/v1/functions/sleep")).Json.GetProperty("inUse").GetInt32() == 0)
            await Task.Yield();
        Assert.Equal(0, await silo.StopAsync());
        (await call).Is(204);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_who_waits_for_a_job()
    {
        using var folder = new TempFolder();
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        using var http = silo.CreateClient();
        var path = await http.SubmitAsync("hold", """{"name":"waited"}""");
        await http.ReachesAsync("started.waited", 1);
        using var connection = await RawConnection.OpenAsync(silo.Address);
        await connection.SendAsync($"GET {path}?wait=5m HTTP/1.1\r\nHost: localhost\r\n\r\n");
        (await http.FetchAsync(path)).Is(200);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, await silo.StopAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal("running", (await connection.ReadAsync()).Is(200).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever_for_a_call_that_goes_on()
    {
        using var folder = new TempFolder();
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        using var http = silo.CreateClient();
        var call = http.CallAsync("hold", """{"name":"stop"}""");
        await http.ReachesAsync("started.stop", 1);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(0, await silo.StopAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(35));
        try
        {
            Assert.Equal(503, (await call).Status);
        }
        catch (HttpRequestException)
        {
            // Cut off, which tells the caller as much.
        }
    }

    private static async Task RefusedAsync(string says, params string[] arguments) => AssertRefused(await SiloProcess.RunApartAsync(arguments), says);

    private static void AssertRefused((int Code, string Out, string Error, string Both) start, string says)
    {
        Assert.True(start.Code == 1, $"Exit code {start.Code}: {start.Both}");
        Assert.Contains(says, start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", start.Both, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", start.Both, StringComparison.Ordinal);
    }
}
