using Hearth.Bench.Engine.Dispatch;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Hearth.Bench.Engine;

/// <summary>
/// Three ways from a reference to the grain's method: generated at run time (what the engine does), written by hand (what
/// a source generator would write), and compiled expressions. Before that, what making them costs when the process starts.
/// All figures are processor time, which a busy machine disturbs less than the clock.
/// </summary>
internal static class GrainDispatchBench
{
    private const int Calls = 3_000_000;
    private const int Rounds = 7;

    private static TimeSpan Cpu => Environment.CpuUsage.TotalTime;

    public static async Task RunAsync()
    {
        var start = Cpu;
        var (host, factory) = await EngineHost.StartAsync();
        using var _ = host;
        Console.WriteLine($"host with engine started in {(Cpu - start).TotalMilliseconds:N1} ms (cold)");
        MeasureStart();

        var generated = (GrainReference)factory.GetGrain<IBenchGrain>("g");
        var references = new (string Name, GrainReference Reference)[]
        {
            ("generated", generated),
            ("hand-written", new HandWrittenReference(generated.Shared, "h")),
            ("expressions", new ExpressionReference(generated.Shared, "e")),
        };
        foreach (var (_, reference) in references)
            reference.CachedTarget = new InlineTarget(new PlainBenchGrain());
        var results = references.ToDictionary(r => r.Name, _ => new List<(double Nanoseconds, double Bytes)>(), StringComparer.Ordinal);
        for (var round = 0; round <= Rounds; round++)
            foreach (var (name, reference) in references)
                results[name].Add(await MeasureAsync((IBenchGrain)reference));
        foreach (var (name, rounds) in results)
        {
            // The first round warmed up.
            var (nanoseconds, bytes) = rounds.Skip(1).Order().ElementAt(Rounds / 2);
            Console.WriteLine($"grain-dispatch: {name,-12} {nanoseconds,6:N1} ns, {bytes:N0} bytes a call (median of {Rounds} x {Calls:N0})");
        }
        await host.StopAsync();
    }

    private static async Task<(double, double)> MeasureAsync(IBenchGrain grain)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Cpu;
        for (var i = 0; i < Calls; i++)
            await grain.Add(1);
        return ((Cpu - start).TotalNanoseconds / Calls, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Calls);
    }

    private static void MeasureStart()
    {
        Type[] arguments = [typeof(int), typeof(long), typeof(short), typeof(byte), typeof(char), typeof(bool), typeof(string), typeof(Guid),
            typeof(uint), typeof(ulong), typeof(ushort), typeof(sbyte), typeof(float), typeof(double), typeof(decimal), typeof(TimeSpan),
            typeof(DateTime), typeof(DateTimeOffset), typeof(Uri), typeof(Version)];
        var interfaces = arguments.Select(a => typeof(IStartupGrain<>).MakeGenericType(a)).ToArray();
        Report("generated", interfaces, static i => ProxyFactory.For(i));
        Report("expressions", interfaces, static i =>
        {
            foreach (var method in i.GetMethods())
                CompileAny(method);
        });
    }

    private static void Report(string name, Type[] interfaces, Action<Type> make)
    {
        var start = Cpu;
        make(interfaces[0]);
        var first = (Cpu - start).TotalMilliseconds;
        start = Cpu;
        foreach (var next in interfaces[1..])
            make(next);
        var rest = (Cpu - start).TotalMilliseconds;
        Console.WriteLine($"start: {name,-12} first interface {first:N1} ms, each of the other {interfaces.Length - 1}: " +
            $"{rest / (interfaces.Length - 1):N2} ms, together {first + rest:N1} ms");
    }

    private static void CompileAny(System.Reflection.MethodInfo method)
    {
        var types = method.GetParameters().Select(p => p.ParameterType).Prepend(typeof(object)).Append(method.ReturnType).ToArray();
        typeof(ExpressionReference).GetMethod(nameof(ExpressionReference.Compile))!
            .MakeGenericMethod(System.Linq.Expressions.Expression.GetDelegateType(types)).Invoke(null, [method]);
    }

    /// <summary>Outside of any activation, so that nothing but the call is measured.</summary>
    private sealed class PlainBenchGrain : IBenchGrain
    {
        private int _sum;

        public Task<int> Add(int number)
        {
            _sum += number;
            // One of the small numbers whose tasks .NET keeps, so that the grain allocates nothing.
            return Task.FromResult(1);
        }
    }
}
