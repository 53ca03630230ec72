using System.Text.Json;
using Hearth.Bench.Jobs;
using Quartz;

namespace Hearth.Bench.Peers.QuartzPeer;

/// <summary>Does nothing but read its input and count itself.</summary>
internal sealed class CountedJob : IJob
{
    public const string Input = "input";

    /// <summary>Quartz makes its jobs itself.</summary>
    public static Tally? Tally { get; set; }

    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        using var input = JsonDocument.Parse((string)context.MergedJobDataMap[Input]!);
        Tally!.Ran(input.RootElement.GetProperty("i").GetInt32());
        return default;
    }
}
