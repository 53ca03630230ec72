using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hearth.Tests.Support;

/// <summary>A mail server (RFC 5321 as far as clients need it), with STARTTLS and logins where it is told to, and limits that it enforces.</summary>
internal sealed class SmtpServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2? certificate;
    private readonly string? login;
    private readonly ConcurrentQueue<DateTimeOffset> taken = new();
    private int connections;

    /// <param name="hasTls">Offers STARTTLS, with a certificate that nobody knows.</param>
    /// <param name="login">User and password, with a colon between; null: none is asked for.</param>
    public SmtpServer(bool hasTls = false, string? login = null)
    {
        (certificate, this.login) = (hasTls ? Make() : null, login);
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>What it answers to DATA's end; null: it takes the mail.</summary>
    public Func<string, string?> Judge { get; set; } = _ => null;

    /// <summary>What it answers to a recipient; null: it takes it.</summary>
    public Func<string, string?> JudgeRecipient { get; set; } = _ => null;

    /// <summary>Connections above which it hangs up with 421.</summary>
    public int ConnectionsMax { get; set; } = int.MaxValue;

    /// <summary>Mails that it took, whole.</summary>
    public ConcurrentQueue<string> Mails { get; } = new();

    /// <summary>When it took them.</summary>
    public IReadOnlyCollection<DateTimeOffset> TakenAt => taken;

    /// <summary>The most connections at once.</summary>
    public int ConnectionsPeak { get; private set; }

    /// <summary>Connections in all.</summary>
    public int ConnectionsMade { get; private set; }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        certificate?.Dispose();
        stop.Dispose();
    }

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        lock (taken)
        {
            ConnectionsMade++;
            ConnectionsPeak = Math.Max(ConnectionsPeak, ++connections);
        }

        try
        {
            Stream stream = client.GetStream();
            if (connections > ConnectionsMax)
                await SayAsync(stream, "421 too many connections");
            else
                await TalkAsync(stream);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client went.
        }
        finally
        {
            lock (taken)
                connections--;
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        await SayAsync(stream, "220 test ready");
        var isKnown = login is null;
        while (await LineAsync(stream) is { } line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    var offers = (certificate is not null && stream is not SslStream ? "250-STARTTLS\r\n" : "") + (login is null ? "" : "250-AUTH LOGIN\r\n");
                    await SayAsync(stream, $"250-test\r\n{offers}250 8BITMIME");
                    break;
                case "STARTTLS":
                    await SayAsync(stream, "220 go on");
                    var secure = new SslStream(stream);
                    await secure.AuthenticateAsServerAsync(certificate!);
                    stream = secure;
                    break;
                case "AUTH":
                    isKnown = await LoginAsync(stream, line);
                    await SayAsync(stream, isKnown ? "235 welcome" : "535 no");
                    break;
                case "MAIL":
                    await SayAsync(stream, isKnown ? "250 ok" : "530 log in first");
                    break;
                case "RCPT":
                    await SayAsync(stream, JudgeRecipient(line) ?? "250 ok");
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    await TakeAsync(stream);
                    break;
                case "QUIT":
                    await SayAsync(stream, "221 bye");
                    return;
                default:
                    await SayAsync(stream, "250 ok");
                    break;
            }
        }
    }

    private async Task<bool> LoginAsync(Stream stream, string line)
    {
        var words = line.Split(' ');
        var user = words.Length > 2 ? words[2] : await AskAsync("334 VXNlcm5hbWU6");
        var password = await AskAsync("334 UGFzc3dvcmQ6");
        return $"{Plain(user)}:{Plain(password)}" == login;

        async Task<string> AskAsync(string what)
        {
            await SayAsync(stream, what);
            return await LineAsync(stream) ?? "";
        }

        static string Plain(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));
    }

    private async Task TakeAsync(Stream stream)
    {
        var mail = new StringBuilder();
        while (await LineAsync(stream) is var line && line != ".")
            mail.Append((line ?? throw new IOException("The client hung up in a mail.")).StartsWith('.') ? line[1..] : line).Append('\n');
        var refusal = Judge(mail.ToString());
        if (refusal is null)
        {
            Mails.Enqueue(mail.ToString());
            taken.Enqueue(TimeProvider.System.GetUtcNow());
        }

        await SayAsync(stream, refusal ?? "250 taken");
    }

    private static async Task<string?> LineAsync(Stream stream)
    {
        var line = new List<byte>(80);
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }

        return null;
    }

    private static Task SayAsync(Stream stream, string line) => stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n")).AsTask();
}
