using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hearth.Storage;
using Orleans.Connections.Security;

namespace Hearth.Engines;

/// <summary>
/// What the silos know one another by: one certificate with its key, made by the first of them and kept in their database. Both sides of a
/// connection show it and accept no other, so that whoever can read the database can be in the cluster, and nobody else.
/// </summary>
internal sealed class ClusterCertificate(TimeProvider clock) : IDisposable
{
    private const string Grain = "cluster/certificate";
    private const string Name = "tls";

    private X509Certificate2? certificate;
    private byte[] hash = [];

    /// <summary>Reads the certificate, or makes it.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public async Task LoadAsync(IGrainStateStore store)
    {
        var row = await store.ReadAsync(Grain, Name);
        if (row is null)
        {
            await store.WriteAsync(Grain, Name, JsonSerializer.SerializeToUtf8Bytes(Make()), expected: null);
            row = await store.ReadAsync(Grain, Name); // that of another silo, if it was first
        }

        certificate = X509CertificateLoader.LoadPkcs12(JsonSerializer.Deserialize<byte[]>(row!.Payload)!, password: null);
        hash = certificate.GetCertHash(HashAlgorithmName.SHA256);
    }

    public void Use(TlsOptions options)
    {
        // Either side demands it of the other. The mode for clients is not set: it wants the certificate now, before the database is open.
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.LocalServerCertificateSelector = (_, _) => certificate!;
        options.LocalClientCertificateSelector = (_, _, _, _, _) => certificate!;
        options.RemoteCertificateValidation = (other, _, _) => Matches(other);
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = "hearth";
    }

    public void Dispose() => certificate?.Dispose();

    private bool Matches(X509Certificate2? other) =>
        other is not null && hash.Length > 0 && CryptographicOperations.FixedTimeEquals(hash, other.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>For good: who doubts it deletes its row and starts all silos again.</summary>
    private byte[] Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hearth", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddYears(50));
        return made.Export(X509ContentType.Pkcs12);
    }
}
