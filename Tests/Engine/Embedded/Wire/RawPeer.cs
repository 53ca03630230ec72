using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Orleans.Embedded;
using Orleans.Messaging;
using Orleans.Serialization;

namespace Hearth.Tests.Engine.Embedded.Wire;

/// <summary>The other end of a silo's connection in the test's own hands.</summary>
internal sealed class RawPeer : IDisposable
{
    private RawPeer(SslStream stream) => Stream = stream;

    public SslStream Stream { get; }

    /// <summary>Connects to a silo, with TLS and nothing more.</summary>
    public static async Task<RawPeer> ConnectAsync(TestSilo silo, X509Certificate2 certificate)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, silo.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var endpoint = new SiloEndpoint("127.0.0.1", silo.Port, TestSilo.HashOf(silo.Certificate));
        await stream.AuthenticateAsClientAsync(Handshake.ClientOptions(certificate, silo.Id, endpoint));
        return new(stream);
    }

    /// <summary>Waits for a silo to connect, and welcomes it.</summary>
    public static async Task<RawPeer> AcceptAsync(Socket listener, X509Certificate2 certificate)
    {
        var stream = new SslStream(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
        await stream.AuthenticateAsServerAsync(Handshake.ServerOptions(certificate));
        await Handshake.ReceiveAsync(stream, CancellationToken.None);
        await Handshake.SendAsync(stream, Frames.Begin(FrameKind.Welcome), CancellationToken.None);
        return new(stream);
    }

    /// <summary>Greets, and returns what the silo has to say: null when it is welcome.</summary>
    public async Task<string?> GreetAsync(string sender, string receiver, byte[]? manifest = null)
    {
        await Handshake.SendAsync(Stream, Handshake.Hello(sender, receiver, manifest is null ? WireManifest.Hash : manifest), CancellationToken.None);
        return await AnswerAsync();
    }

    public async Task<string?> AnswerAsync()
    {
        var (kind, body) = await Handshake.ReceiveAsync(Stream, CancellationToken.None).WaitAsync(Gate.Patience);
        return kind == FrameKind.Welcome ? null : body.ReadText();
    }

    /// <summary>Reads until the silo hangs up.</summary>
    public async Task<int> ReadToEndAsync()
    {
        var (buffer, total) = (new byte[65_536], 0);
        try
        {
            while (await Stream.ReadAsync(buffer).AsTask().WaitAsync(Gate.Patience) is > 0 and var read)
                total += read;
        }
        catch (IOException)
        {
            // Hung up on without a farewell.
        }
        return total;
    }

    public void Dispose() => Stream.Dispose();
}
