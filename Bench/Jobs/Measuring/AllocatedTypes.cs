using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Hearth.Bench.Jobs;

/// <summary>Which types were allocated, sampled by the runtime every 100 KiB or so; costs time, so not on by default.</summary>
internal sealed class AllocatedTypes : EventListener
{
    private const EventKeywords GcKeyword = (EventKeywords)1;

    private readonly ConcurrentDictionary<string, long> bytes = new();

    public void Clear() => bytes.Clear();

    /// <summary>The largest ones with their share.</summary>
    public IEnumerable<(string Type, double Share)> Top(int count)
    {
        var sum = (double)bytes.Values.Sum();
        return bytes.OrderByDescending(type => type.Value).Take(count).Select(type => (type.Key, type.Value / sum));
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, GcKeyword);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true || eventData.Payload is not { } values)
            return;
        var names = eventData.PayloadNames!;
        var type = (string)values[names.IndexOf("TypeName")]!;
        var amount = Convert.ToInt64(values[names.IndexOf("AllocationAmount64")], System.Globalization.CultureInfo.InvariantCulture);
        bytes.AddOrUpdate(type, amount, (_, before) => before + amount);
    }
}
