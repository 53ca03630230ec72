using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Functions;

/// <summary>Delegates of every shape become functions; the wrong ones say what is wrong.</summary>
public sealed class DelegateFunctionTests
{
    public static TheoryData<Delegate, string> Shapes => new()
    {
        { (int n) => n + 1, "2" },
        { (int n) => Task.FromResult(n + 1), "2" },
        { (int n) => ValueTask.FromResult(n + 1), "2" },
        { async (int n) => { await Task.Yield(); return n + 1; }, "2" },
        { async ValueTask<int> (int n) => { await Task.Yield(); return n + 1; }, "2" },
        { (int n, FunctionContext context) => context.Function + n, "\"f1\"" },
        { (FunctionContext context, CancellationToken token, int n) => $"{context.Version} {token.CanBeCanceled} {n}", "\"1 True 1\"" },
        { (CancellationToken token, int n) => token.IsCancellationRequested ? -1 : n, "1" },
        { () => "nothing in", "\"nothing in\"" },
        { (FunctionContext context) => context.Attempt, "1" },
        { (int n) => { }, "" },
        { (int n) => Task.CompletedTask, "" },
        { (int n) => ValueTask.CompletedTask, "" },
        { async (int n) => await Task.Yield(), "" },
        { async ValueTask (int n) => await Task.Yield(), "" },
        { (int n) => (int?)null, "null" },
        { (int? n) => n, "1" },
        { (int n) => new byte[] { 65, 66 }, "AB" },
        { (int n) => new ReadOnlyMemory<byte>([65, 66]), "AB" },
        { (byte[] bytes) => bytes.Length, "1" },
        { (ReadOnlyMemory<byte> bytes) => bytes.Length, "1" },
        { (string text) => text, "" },
    };

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public async Task A_delegate_of_any_shape_is_a_function(Delegate body, string expected)
    {
        var isText = body.Method.GetParameters() is [{ ParameterType: var only }] && only == typeof(string);
        var (outcome, output) = await TestHost.RunAsync(TestHost.Function(body), isText ? "\"\"" : "1");
        Assert.Equal(RunEnd.Succeeded, outcome.End);
        Assert.Equal(isText ? "\"\"" : expected, output);
    }

    [Fact]
    public async Task Services_are_injected_and_are_not_the_input()
    {
        var host = TestHost.Create(services: s => s.AddSingleton(new Rate(3)));
        var (_, output) = await TestHost.RunAsync(TestHost.Function((Rate rate, int n) => n * rate.Factor, host: host), "2");
        Assert.Equal("6", output);
    }

    [Fact]
    public async Task A_delegate_over_an_instance_and_a_method_group_work()
    {
        var offset = 5;
        Assert.Equal("6", (await TestHost.RunAsync(TestHost.Function((int n) => n + offset), "1")).Output);
        Assert.Equal("2", (await TestHost.RunAsync(TestHost.Function(new Rate(2).Times), "1")).Output);
        Assert.Equal("4", (await TestHost.RunAsync(TestHost.Function(Twice), "2")).Output);
    }

    [Fact]
    public void A_second_input_that_is_no_service_is_told_when_the_function_is_made()
    {
        var e = Assert.ThrowsAny<Exception>(() => TestHost.Function((int a, Rate rate) => a));
        Assert.Contains("'f'", e.Message, StringComparison.Ordinal);
        Assert.Contains("Rate", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_stream_without_an_input_stream_is_told()
    {
        Assert.Contains("the input must be a Stream too", Assert.Throws<ArgumentException>(() => TestHost.Function((int n, Stream output) => Task.CompletedTask)).Message, StringComparison.Ordinal);
        Assert.Contains("must return Task", Assert.Throws<ArgumentException>(() => TestHost.Function((Stream input, Stream output) => 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_as_a_result_is_told()
    {
        var e = Assert.ThrowsAny<Exception>(() => TestHost.Function((int n) => (Stream)new MemoryStream()));
        Assert.Contains("'f'", e.Message, StringComparison.Ordinal);
        Assert.Contains("Stream", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_that_is_not_configured_is_told_with_the_remedy()
    {
        var e = Assert.Throws<InvalidOperationException>(() => TestHost.Function((int n) => n, o => o.Connections.Add("unknown")));
        Assert.Contains("--connection unknown=", e.Message, StringComparison.Ordinal);
        TestHost.Function((int n) => n, o => o.Connections.Add("known"));
    }

    [Fact]
    public async Task A_connection_that_is_not_declared_is_not_given()
    {
        var (outcome, _) = await TestHost.RunAsync(TestHost.Function((int n, FunctionContext c) => c.Connection("known")), "1");
        Assert.Contains("without declaring it", Assert.IsType<FunctionException>(outcome.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_a_run_is_forgotten_before_the_next()
    {
        var function = TestHost.Function((int? n) => n, o => o.Concurrency = 1);
        Assert.Equal("7", (await TestHost.RunAsync(function, "7")).Output);
        Assert.Equal("null", (await TestHost.RunAsync(function, "null")).Output);
    }

    [Fact]
    public void What_a_function_takes_and_gives_is_told_by_its_types()
    {
        Assert.Equal((PayloadKind.None, PayloadKind.None), Kinds(() => { }));
        Assert.Equal((PayloadKind.Text, PayloadKind.Json), Kinds((string s) => s.Length));
        Assert.Equal((PayloadKind.Bytes, PayloadKind.Text), Kinds((byte[] b) => ""));
        Assert.Equal((PayloadKind.Stream, PayloadKind.Stream), Kinds((Stream i, Stream o) => Task.CompletedTask));
        Assert.Equal((PayloadKind.Stream, PayloadKind.None), Kinds((Stream i) => Task.CompletedTask));

        static (PayloadKind, PayloadKind) Kinds(Delegate body)
        {
            var function = TestHost.Function(body);
            return (function.Input.Kind, function.Output.Kind);
        }
    }

    private static int Twice(int n) => n * 2;

    private sealed record Rate(int Factor)
    {
        public int Times(int n) => n * Factor;
    }
}
