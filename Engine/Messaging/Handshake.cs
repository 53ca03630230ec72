using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Orleans.Embedded;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// What goes ahead of all calls: TLS with a certificate on either side, then who connects to whom, with which protocol and which manifest.
/// </summary>
internal static class Handshake
{
    /// <summary>"HRTH".</summary>
    public const int Magic = 0x4854_5248;

    public const int ProtocolVersion = 1;

    /// <summary>A bound on what is read before the other side is known.</summary>
    public const int FrameBytesMax = 4_096;

    /// <summary>For all of it; the TCP connection has a time of its own.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(5);

    public static SslServerAuthenticationOptions ServerOptions(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowTlsResume = false,
        EnabledSslProtocols = Protocols,
        // That there is one. Whose it is, is checked before anything is read, and by then there is a way to say what is wrong.
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
    };

    public static SslClientAuthenticationOptions ClientOptions(X509Certificate2 certificate, string silo, SiloEndpoint endpoint) => new()
    {
        TargetHost = "silo",
        ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        AllowTlsResume = false,
        EnabledSslProtocols = Protocols,
        RemoteCertificateValidationCallback = (_, presented, _, _) => presented is not null && endpoint.CertificateSha256.Span.SequenceEqual(HashOf(presented))
            ? true : throw new AuthenticationException($"what listens at {endpoint.Host}:{endpoint.Port} has another certificate than silo {silo}"),
    };

#pragma warning disable CA5398 // TLS 1.2 and 1.3 and nothing that an operating system may still allow.
    private static SslProtocols Protocols => SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398

    public static byte[] HashOf(X509Certificate certificate) => certificate.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256);

    public static WireWriter Hello(string sender, string receiver, ReadOnlyMemory<byte> manifest)
    {
        var frame = Frames.Begin(FrameKind.Hello);
        frame.WriteInt32(Magic);
        frame.WriteInt32(ProtocolVersion);
        frame.WriteBytes(manifest.Span);
        frame.WriteText(sender);
        frame.WriteText(receiver);
        return frame;
    }

    /// <summary>Why a greeting is not answered; null when all is well.</summary>
    public static string? ProblemOf(WireReader hello, string sender, string receiver, ReadOnlyMemory<byte> manifest)
    {
        if (hello.ReadInt32() != Magic)
            return "that is not a silo's greeting";
        if (hello.ReadInt32() is var version && version != ProtocolVersion)
            return $"it speaks version {version} of the protocol, and silo {receiver} speaks {ProtocolVersion}; run the same release on all silos";
        if (!hello.ReadBytes().SequenceEqual(manifest.Span))
            return $"its types of calls and values differ from those of silo {receiver}; run the same release on all silos";
        if (hello.ReadText() is var named && named != sender)
            return $"it says that it is silo {named}, and its certificate is that of silo {sender}";
        return hello.ReadText() is var wanted && wanted != receiver ? $"it looks for silo {wanted}, and this is silo {receiver}" : null;
    }

    public static async Task SendAsync(Stream stream, WireWriter frame, CancellationToken cancellation)
    {
        Frames.Seal(frame, 0);
        try
        {
            for (var i = 0; i < frame.PieceCount; i++)
                await stream.WriteAsync(frame.Piece(i), cancellation);
            await stream.FlushAsync(cancellation);
        }
        finally
        {
            frame.Release();
        }
    }

    /// <summary>Reads one frame, and no byte beyond it.</summary>
    public static async Task<(FrameKind Kind, WireReader Body)> ReceiveAsync(Stream stream, CancellationToken cancellation)
    {
        var length = new byte[Frames.LengthBytes];
        await stream.ReadExactlyAsync(length, cancellation);
        var bytes = new byte[Frames.LengthOf(length, FrameBytesMax)];
        await stream.ReadExactlyAsync(bytes, cancellation);
        var reader = new WireReader(null);
        reader.Begin(bytes, 0, bytes.Length);
        var kind = (FrameKind)reader.ReadByte();
        reader.ReadInt64();
        return (kind, reader);
    }
}
