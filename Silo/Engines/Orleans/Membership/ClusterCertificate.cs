using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hearth.Client.Cluster;
using Hearth.Storage;
using Orleans.Connections.Security;

namespace Hearth.Engines;

/// <summary>
/// What the silos know one another by: one certificate with its key, made by the first of them and kept in their database.
/// </summary>
internal sealed class ClusterCertificate(TimeProvider clock) : IDisposable
{
    private X509Certificate2? certificate;

    /// <summary>Reads the certificate, or makes it.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public async Task LoadAsync(IGrainStateStore store)
    {
        var row = await store.ReadAsync(ClusterTls.Grain, ClusterTls.Name);
        if (row is null)
        {
            await store.WriteAsync(ClusterTls.Grain, ClusterTls.Name, JsonSerializer.SerializeToUtf8Bytes(Make()), expected: null);
            row = await store.ReadAsync(ClusterTls.Grain, ClusterTls.Name); // that of another silo, if it was first
        }

        certificate = X509CertificateLoader.LoadPkcs12(JsonSerializer.Deserialize<byte[]>(row!.Payload)!, password: null);
    }

    public void Use(TlsOptions options) => ClusterTls.Use(options, () => certificate!);

    public void Dispose() => certificate?.Dispose();

    /// <summary>For good: who doubts it deletes its row and starts all silos again.</summary>
    private byte[] Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hearth", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddYears(50));
        return made.Export(X509ContentType.Pkcs12);
    }
}
