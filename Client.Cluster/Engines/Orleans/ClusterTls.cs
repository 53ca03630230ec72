using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Hearth.Client.Cluster;

/// <summary>
/// Connections of silos and of clients inside their network: both sides show the cluster's one certificate and accept no other, so that whoever can read the
/// database can be in the cluster, and nobody else.
/// </summary>
internal static class ClusterTls
{
    /// <summary>Name of the cluster and of its service, the same everywhere: a database has one.</summary>
    public const string Cluster = "hearth";

    /// <summary>Grain and name under which the database keeps the certificate: PKCS #12 in base64, as JSON.</summary>
    public const string Grain = "cluster/certificate";

    public const string Name = "tls";

    /// <param name="options">To be set.</param>
    /// <param name="certificate">Asked when a connection is made, not before.</param>
    public static void Use(TlsOptions options, Func<X509Certificate2> certificate)
    {
        // Either side demands it of the other. The mode for clients is not set: it wants the certificate now, before the database is open.
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.LocalServerCertificateSelector = (_, _) => certificate();
        options.LocalClientCertificateSelector = (_, _, _, _, _) => certificate();
        options.RemoteCertificateValidation = (other, _, _) => other is not null
            && CryptographicOperations.FixedTimeEquals(certificate().GetCertHash(HashAlgorithmName.SHA256), other.GetCertHash(HashAlgorithmName.SHA256));
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = Cluster;
    }
}
