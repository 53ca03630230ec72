using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Registration;

namespace Hearth.Jobs.Bulk;

/// <summary>
/// The function by which a silo carries out an order. It is not listed, and nobody but <c>POST /v1/jobs/actions</c> can submit it: who may act on
/// jobs is asked there.
/// </summary>
internal static class BulkFunction
{
    public const string Name = "hearth.jobs-action";

    /// <summary>The queue of its jobs.</summary>
    public const string Queue = "hearth.actions";

    public static FunctionRegistration Registration()
    {
        var options = new FunctionOptions
        {
            Description = "Does something to all jobs that match a filter.",
            IsHidden = true,
            // What is left goes on in the next attempt.
            Timeout = FunctionOptions.TimeoutMax,
            Concurrency = 4,
            Retry = new RetryPolicy(Attempts: 100, Initial: TimeSpan.FromSeconds(1), Cap: TimeSpan.FromMinutes(1)),
        };
        return new FunctionRegistration(Name, options, host => new TypedFunction<BulkOrder, BulkReport>(
            Name, options, host,
            (order, _, context, cancellationToken) =>
                new ValueTask<BulkReport>(host.Services.GetRequiredService<BulkRun>().RunAsync(order, context, cancellationToken))));
    }

    public static JobSpec JobOf(BulkOrder order) => new(
        Name, MediaTypes.Json, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(order, HearthJson.Strict),
        JobOptions.Default with { Tags = [order.Action.ToString().ToLowerInvariant()] });
}
