using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Tests.Support;

/// <summary>HTTP/1.1 by hand, for what a client library would put right.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(20);

    private readonly TcpClient client;
    private readonly NetworkStream stream;

    private RawConnection(TcpClient client)
    {
        this.client = client;
        stream = client.GetStream();
    }

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        return new RawConnection(client);
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<Answer> AskAsync(Uri address, string request)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(request);
        return await connection.ReadAsync();
    }

    /// <summary>A POST of JSON to a function, as one text.</summary>
    public static string Call(string function, string json, string more = "") =>
        $"POST /v1/functions/{function}/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{more}Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}";

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await stream.WriteAsync(bytes);

    /// <summary>Reads one answer; the connection stays open for the next.</summary>
    public async Task<Answer> ReadAsync()
    {
        using var timeUp = new CancellationTokenSource(AnswerMax);
        var status = await LineAsync(timeUp.Token) ?? throw new IOException("The connection was closed without an answer.");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(timeUp.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
        }

        var body = headers.TryGetValue("Transfer-Encoding", out _) ? await ChunksAsync(timeUp.Token)
            : await BytesAsync(int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture), timeUp.Token);
        return new Answer(int.Parse(status.Split(' ')[1], CultureInfo.InvariantCulture), headers, body);
    }

    /// <summary>Reads on until a text has come.</summary>
    /// <returns>What was read.</returns>
    public async Task<string> ReadUntilAsync(string text)
    {
        using var timeUp = new CancellationTokenSource(AnswerMax);
        var read = new StringBuilder();
        var buffer = new byte[4096];
        while (!read.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, timeUp.Token);
            if (count == 0)
                throw new IOException($"The connection was closed before '{text}' came, after: {read}");
            read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return read.ToString();
    }

    /// <summary>Whether the other side closes, or cuts, the connection.</summary>
    public async Task<bool> IsClosedAsync(TimeSpan within)
    {
        using var timeUp = new CancellationTokenSource(within);
        try
        {
            while (await stream.ReadAsync(new byte[4096], timeUp.Token) > 0)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        client.Dispose();
    }

    private async Task<byte[]> ChunksAsync(CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        while (true)
        {
            var size = int.Parse((await LineAsync(cancellationToken))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            all.Write(await BytesAsync(size, cancellationToken));
            await LineAsync(cancellationToken);
            if (size == 0)
                return all.ToArray();
        }
    }

    private async Task<byte[]> BytesAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) > 0)
        {
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }

        return line.Length == 0 ? null : line.ToString();
    }
}
