using Hearth.Tests.Support;

namespace Hearth.Tests.Auth;

/// <summary>Off loopback nothing is served by mistake.</summary>
public sealed class SafeStartTests
{
    [Theory]
    [InlineData("*")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Off_loopback_it_refuses_to_start_without_key_and_tls(string listen)
    {
        using var folder = new TempFolder();
        var start = await SiloProcess.RunApartAsync(["--port", "0", "--data", folder["data"], "--listen", listen]);
        Assert.Equal(1, start.Code);
        Assert.Contains("without an admin key", start.Error, StringComparison.Ordinal);
        Assert.Contains("and TLS", start.Error, StringComparison.Ordinal);
        Assert.Contains("--behind-proxy", start.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder["data"], "hearth.db")));
    }

    [Fact]
    public async Task A_key_alone_is_not_enough()
    {
        using var folder = new TempFolder();
        await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]]);
        var start = await SiloProcess.RunApartAsync(["--port", "0", "--data", folder["data"], "--listen", "0.0.0.0"]);
        Assert.Equal(1, start.Code);
        Assert.DoesNotContain("admin key", start.Error, StringComparison.Ordinal);
        Assert.Contains("TLS", start.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_proxy_it_serves_any_host_off_loopback()
    {
        using var folder = new TempFolder();
        await using var silo = await SiloProcess.StartAsync(folder["data"], "--listen", "0.0.0.0", "--behind-proxy");
        var local = new UriBuilder(silo.Address) { Host = "127.0.0.1" }.Uri;
        (await RawConnection.AskAsync(local, "GET /v1/functions HTTP/1.1\r\nHost: hearth.example\r\n\r\n")).Is(200);
        (await RawConnection.AskAsync(local, "GET /v1/functions HTTP/1.1\r\nHost: hearth.example\r\nOrigin: http://evil.example\r\n\r\n")).IsProblem(403, "foreign-origin");
    }

    [Theory]
    [InlineData("not hexadecimal")]
    [InlineData("abcd")]
    [InlineData("")]
    public async Task A_stored_hash_that_is_damaged_does_not_mean_no_key(string content)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(Path.Combine(folder["data"], "admin-key.sha256"), content);
        var start = await SiloProcess.RunApartAsync(["--port", "0", "--data", folder["data"]]);
        Assert.Equal(1, start.Code);
        Assert.Contains("admin key's hash", start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", start.Both, StringComparison.Ordinal);
    }
}
