using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hearth.Tests.Support;

namespace Hearth.Tests.Hosting;

/// <summary>With certificate and key it speaks TLS, and sends what a caller needs to check it.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);
    private static readonly DateTimeOffset Until = From.AddDays(30);

    private readonly TempFolder folder = new();
    private readonly X509Certificate2 root = Authority("root", null);

    public void Dispose()
    {
        root.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_certificate_is_served_with_its_chain()
    {
        using var between = Authority("between", root);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Sign(Request("localhost", key, isAuthority: false), between);
        await WriteAsync(server.ExportCertificatePem() + "\n" + between.ExportCertificatePem(), key);
        await using var silo = await SiloProcess.StartAsync(folder["data"], "--tls-certificate", folder["chain.pem"], "--tls-key", folder["key.pem"]);
        Assert.Equal("https", silo.Address.Scheme);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        using var http = new HttpClient(handler) { BaseAddress = new UriBuilder(silo.Address) { Host = "localhost" }.Uri };
        (await http.FetchAsync("/health/live")).Is(200);

        using var plain = await RawConnection.OpenAsync(silo.Address);
        await plain.SendAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.True(await plain.IsClosedAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_told()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await WriteAsync(root.ExportCertificatePem(), key);
        var start = await SiloProcess.RunApartAsync(
            ["--port", "0", "--data", folder["data"], "--tls-certificate", folder["chain.pem"], "--tls-key", folder["key.pem"]]);
        Assert.Equal(1, start.Code);
        Assert.Contains("belong together", start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", start.Both, StringComparison.Ordinal);
    }

    private async Task WriteAsync(string chain, ECDsa key)
    {
        await File.WriteAllTextAsync(folder["chain.pem"], chain);
        await File.WriteAllTextAsync(folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key, isAuthority: true);
        if (issuer is null)
            return request.CreateSelfSigned(From, Until);
        using var signed = Sign(request, issuer);
        return signed.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 issuer) =>
        request.Create(issuer, From, Until.AddHours(-1), RandomNumberGenerator.GetBytes(8));

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
