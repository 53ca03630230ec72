using System.Diagnostics.Metrics;

namespace Hearth.Bench.Jobs;

/// <summary>Bytes that Npgsql sent and received, by its own metrics: those of Hearth and those of the floor alike.</summary>
internal sealed class WireCounter : IDisposable
{
    private readonly MeterListener listener = new();
    private long sent;
    private long received;

    public WireCounter()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Npgsql" && instrument.Name is "db.client.operation.npgsql.bytes_written" or "db.client.operation.npgsql.bytes_read")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, bytes, _, _) => Add(instrument, bytes));
        listener.SetMeasurementEventCallback<int>((instrument, bytes, _, _) => Add(instrument, bytes));
        listener.Start();
    }

    public long Sent => Interlocked.Read(ref sent);

    public long Received => Interlocked.Read(ref received);

    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, long bytes)
    {
        if (instrument.Name.EndsWith("written", StringComparison.Ordinal))
            Interlocked.Add(ref sent, bytes);
        else
            Interlocked.Add(ref received, bytes);
    }
}
