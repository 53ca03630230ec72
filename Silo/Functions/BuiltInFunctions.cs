using System.Text.Json.Nodes;
using Hearth.Functions.BuiltIn;
using Hearth.Jobs;

namespace Hearth.Functions;

/// <summary>The functions that Hearth ships: useful ones, and ones to try it with.</summary>
public static class BuiltInFunctions
{
    /// <param name="Seconds">0 to 3,600.</param>
    internal sealed record SleepInput(double Seconds);

    /// <param name="Message">What the error says.</param>
    internal sealed record FailInput(string Message);

    /// <summary>Serves echo, compress, decompress, hash, primes, wordcount, sleep, fail and guestbook, and the object counter.</summary>
    public static HearthApplicationBuilder AddBuiltInFunctions(this HearthApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddFunction("echo", (JsonNode? value) => value, o =>
        {
            o.Description = "Answers what it is given.";
            o.Example = new JsonObject { ["hello"] = "world" };
        });
        builder.AddFunction("compress", Compression.CompressAsync, o =>
        {
            o.Description = "Compresses any bytes.";
            o.Parameters.Add(Compression.Format);
            o.Example = "any bytes";
        });
        builder.AddFunction("decompress", Compression.DecompressAsync, o =>
        {
            o.Description = "Restores what compress made.";
            o.Parameters.Add(Compression.Format);
        });
        builder.AddFunction("hash", Hashing.HashAsync, o =>
        {
            o.Description = "Hashes any bytes.";
            o.Parameters.Add(Hashing.Algorithm);
            o.Example = "any bytes";
        });
        builder.AddFunction("primes", Primes.Count, o =>
        {
            o.Description = "Counts the primes up to a bound; CPU-heavy.";
            o.Example = new PrimesInput(1_000_000);
            o.CacheFor = TimeSpan.FromHours(1);
            o.Route = "/primes/{upTo}";
            o.Method = "GET";
            o.Concurrency = Math.Max(2, Environment.ProcessorCount);
        });
        builder.AddFunction("wordcount", WordCount.Count, o =>
        {
            o.Description = "Counts the lines, words and characters of a text.";
            o.Example = "the quick brown fox\njumps over the lazy dog\n";
        });
        builder.AddFunction(
            "sleep",
            (SleepInput input, TimeProvider clock, CancellationToken cancellationToken) => input.Seconds is >= 0 and <= 3600
                ? Task.Delay(TimeSpan.FromSeconds(input.Seconds), clock, cancellationToken)
                : throw new FunctionException("seconds must be between 0 and 3,600."),
            o =>
            {
                o.Description = "Does nothing for a while; times out after 30 s.";
                o.Example = new SleepInput(1);
                o.Concurrency = 1_000;
            });
        builder.AddFunction("fail", (FailInput input) => Fail(input.Message), o =>
        {
            o.Description = "Fails with the message that it is given.";
            o.Example = new FailInput("no such luck");
            o.Retry = new RetryPolicy(Attempts: 1);
        });
        builder.AddFunction<Guestbook, GuestbookInput, GuestbookOutput>("guestbook", o =>
        {
            o.Description = "Counts visits by name in a table of the connection 'demo'.";
            o.Example = new GuestbookInput("Ada");
            o.Connections.Add("demo");
        });
        return builder.AddObject<Counter>("counter", Counter.AddTo, o => o.Description = "Counts, one number for each key.");
    }

    private static void Fail(string message) => throw new FunctionException(message);
}
