using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Registration;
using Hearth.Functions.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Functions;

/// <summary>Builds functions without a silo, and runs them.</summary>
internal static class TestHost
{
    public static FunctionHost Create(TimeProvider? clock = null, Action<IServiceCollection>? services = null)
    {
        var collection = new ServiceCollection();
        services?.Invoke(collection);
        return new FunctionHost(
            clock ?? TimeProvider.System, NullLoggerFactory.Instance, collection.BuildServiceProvider(), ImmutableDictionary<string, string>.Empty.Add("known", "Data Source=x"));
    }

    public static ServedFunction Function(
        Delegate body, Action<FunctionOptions>? configure = null, FunctionHost? host = null, string name = "f")
    {
        var options = new FunctionOptions();
        configure?.Invoke(options);
        return DelegateFunction.Create(name, body, options, host ?? Create());
    }

    /// <summary>Reads the input into a slot and starts it.</summary>
    public static Started Start(ServedFunction function, string input, CancellationToken caller = default)
    {
        var run = function.Slots.TryTake() ?? throw new InvalidOperationException("No slot is free.");
        var refused = run.ReadInput(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(input)), MediaTypes.Json, lenient: false);
        Assert.Null(refused);
        var context = function.CreateContext(MediaTypes.Json, ImmutableDictionary<string, string>.Empty);
        return new Started(run, run.StartAsync(context, function.Options.Timeout, caller).AsTask());
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(RunOutcome Outcome, string Output)> RunAsync(ServedFunction function, string input)
    {
        var (run, ended) = Start(function, input);
        try
        {
            var outcome = await ended;
            var output = new ArrayBufferWriter<byte>();
            if (outcome.End == RunEnd.Succeeded)
                outcome = run.TryWriteOutput(output);
            return (outcome, Encoding.UTF8.GetString(output.WrittenSpan));
        }
        finally
        {
            run.Release();
        }
    }

    public sealed record Started(FunctionRun Run, Task<RunOutcome> Ended);
}
