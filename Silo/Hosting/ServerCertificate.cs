using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hearth.Hosting;

/// <summary>The TLS certificate with its chain, read before anything listens.</summary>
internal sealed class ServerCertificate
{
    private readonly X509Certificate2 certificate;
    private readonly X509Certificate2Collection chain;

    private ServerCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        this.certificate = certificate;
        this.chain = chain;
    }

    /// <returns>Null when none is configured.</returns>
    /// <exception cref="StartException">The files cannot be used.</exception>
    public static ServerCertificate? Load(HearthOptions options)
    {
        if (options.TlsCertificate is null)
            return null;
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(options.TlsCertificate, options.TlsKey);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.TlsCertificate);
            // A key that lives in memory only is not usable by every platform's TLS; one that was imported is.
            return new ServerCertificate(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"The TLS certificate {options.TlsCertificate} with the key {options.TlsKey} cannot be used: {e.Message} Give PEM files that belong together.", e);
        }
    }

    public void Use(ListenOptions listen) => listen.UseHttps(https =>
    {
        https.ServerCertificate = certificate;
        https.ServerCertificateChain = chain;
    });
}
