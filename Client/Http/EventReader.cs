using System.Text;
using System.Text.Json;

namespace Hearth.Client.Http;

/// <summary>
/// Reads server-sent events (WHATWG HTML, §9.2), line by line: comments count as signs of life, without which a connection that is dead in silence would be
/// waited for without end.
/// </summary>
internal sealed class EventReader(Stream stream, TimeProvider clock, TimeSpan silenceMax) : IDisposable
{
    private readonly StreamReader lines = new(stream, Encoding.UTF8);

    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="IOException">The connection is lost, or silent for too long.</exception>
    public async Task<JobEvent?> NextAsync(CancellationToken cancellationToken)
    {
        var (id, name, data) = ((string?)null, "message", new StringBuilder());
        while (await LineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                    return new JobEvent(id, name, Parse(data.ToString()));
                (id, name) = (null, "message");
                continue;
            }

            var (field, value) = Split(line);
            switch (field)
            {
                case "id": id = value; break;
                case "event": name = value; break;
                case "data": data.Append(value); break;
                default: break; // comments, retry, and what may come
            }
        }

        return null;
    }

    public void Dispose() => lines.Dispose();

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        using var silent = new CancellationTokenSource(silenceMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, cancellationToken);
        try
        {
            return await lines.ReadLineAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (silent.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException("Nothing came for too long.", e);
        }
    }

    private static (string Field, string Value) Split(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return (line, "");
        var value = line[(colon + 1)..];
        return (line[..colon], value.StartsWith(' ') ? value[1..] : value);
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new IOException("An event came that is not JSON.", e);
        }
    }
}
