using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Jobs.Events;

/// <summary>Writes server-sent events (WHATWG HTML, §9.2). Documents are written on one line, as JSON without line breaks is.</summary>
internal sealed class EventWriter(PipeWriter output, TimeProvider clock)
{
    private long lastAt = clock.GetTimestamp();

    /// <summary>How long nothing has been written.</summary>
    public TimeSpan Quiet => clock.GetElapsedTime(lastAt);

    public void Retry(TimeSpan after) => Write(string.Create(CultureInfo.InvariantCulture, $"retry: {after.TotalMilliseconds:0}\n\n"));

    public void Write(SentEvent sent) => Write(sent.Position?.ToString(), sent.Name, sent.Data);

    public void Write(string? id, string name, object data)
    {
        if (id is not null)
            Write($"id: {id}\n");
        Write($"event: {name}\ndata: ");
        output.Write(JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), HearthJson.Strict));
        Write("\n\n");
    }

    /// <summary>A comment, by which both ends learn that the other is there.</summary>
    public void Heartbeat() => Write(":\n\n");

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    private void Write(string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        lastAt = clock.GetTimestamp();
    }
}
