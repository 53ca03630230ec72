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

    /// <summary>Serves echo, compress, decompress, hash, primes, wordcount, sleep, fail, guestbook and fill-cache, and the object counter; http and email where they are configured.</summary>
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
        builder.AddFunction<FillCacheFunction, FillCacheInput, FillCacheOutput>("fill-cache", o =>
        {
            o.Description = "Computes answers of a cacheable function ahead, so that calls with these inputs are answered from the cache of every silo.";
            o.Example = new FillCacheInput("primes", [new JsonObject { ["upTo"] = 1_000 }]);
            o.Timeout = TimeSpan.FromHours(1);
            o.Concurrency = 4;
        });
        AddHttp(builder);
        AddEmail(builder);
        return builder.AddObject<Counter>("counter", Counter.AddTo, o => o.Description = "Counts, one number for each key.");
    }

    private static void AddHttp(HearthApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Hearth:Http").Get<HttpOptions>();
        if (options is not { Allow.Count: > 0 })
            return;
        options.Check();
        builder.Services.AddSingleton(options);
        _ = new AllowList(options); // says now what is wrong
        builder.AddFunction<HttpFunction, HttpInput, HttpOutput>("http", o =>
        {
            o.Description = "Sends a request to an origin that is allowed.";
            o.Example = new HttpInput(options.Allow[0].Replace("*.", "www.", StringComparison.Ordinal) + "/", "GET");
            o.Concurrency = options.Concurrency;
            o.OutputBytesMax = 16 << 20;
        });
    }

    private static void AddEmail(HearthApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Hearth:Email").Get<EmailOptions>();
        if (options?.Host is null)
            return;
        options.Check();
        builder.Services.AddSingleton(options);
        builder.AddFunction<EmailFunction, EmailInput, EmailOutput>("email", o =>
        {
            o.Description = "Hands a mail to the mail server, with a body that is filled in and attachments.";
            o.Example = new EmailInput(["Ada <ada@example.com>"], "Hello, {{name}}", "Dear {{name}}, your order has left.", Values: new JsonObject { ["name"] = "Ada" });
            o.Concurrency = options.Connections;
            o.InputBytesMax = JobSpec.InputBytesMax;
            o.Timeout = TimeSpan.FromMinutes(1);
        });
    }

    private static void Fail(string message) => throw new FunctionException(message);
}
