using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hearth.Engines;

/// <summary>
/// How the others reach this silo: what it registers. Whoever opens the listener does so before the silo joins, with
/// <see cref="Certificate"/>, and says by <see cref="ListensOn"/> which port it got.
/// </summary>
internal sealed class SiloAddress(string host, int port, X509Certificate2 certificate) : IDisposable
{
    public string Host { get; } = host;

    /// <summary>0: it does not listen.</summary>
    public int Port { get; private set; } = port;

    /// <summary>With its private key, which never leaves this process.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    public ReadOnlyMemory<byte> CertificateSha256 { get; } = certificate.GetCertHash(HashAlgorithmName.SHA256);

    public void ListensOn(int bound) => Port = bound;

    /// <summary>A certificate for this start, valid for a year: the others know it by its hash alone.</summary>
    public static X509Certificate2 NewCertificate(string silo, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + silo, key, HashAlgorithmName.SHA256);
        // From yesterday on: a clock that is behind must not find it invalid yet.
        return request.CreateSelfSigned(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddDays(365));
    }

    public void Dispose() => Certificate.Dispose();
}
