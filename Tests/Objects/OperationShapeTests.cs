using System.Text;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Tests.Functions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Objects;

/// <summary>Delegates of every shape become operations; the wrong ones say what is wrong.</summary>
public sealed class OperationShapeTests
{
    /// <summary>The delegate, its output, and the state that it leaves; the input is 2, the state before holds 40.</summary>
    public static TheoryData<Delegate, string, string> Shapes => new()
    {
        { (Tally state, long n) => { state.Value += n; }, "", "42" },
        { (Tally state, long n) => state.Value += n, "42", "42" },
        { (long n, Tally state) => state.Value += n, "42", "42" },
        { async (Tally state, long n) => { await Task.Yield(); state.Value += n; }, "", "42" },
        { async (Tally state, long n) => { await Task.Yield(); return state.Value += n; }, "42", "42" },
        { (Tally state, long n) => ValueTask.FromResult(state.Value += n), "42", "42" },
        { async ValueTask (Tally state, long n) => { await Task.Yield(); state.Value += n; }, "", "42" },
        { (Tally state, long n) => new Tally { Value = state.Value + n }, "", "42" },
        { (Tally state, long n) => Task.FromResult(new Tally { Value = state.Value + n }), "", "42" },
        { (Tally state, long n) => (new Tally { Value = state.Value + n }, "was " + state.Value), "\"was 40\"", "42" },
        { async (Tally state, long n) => { await Task.Yield(); return (new Tally { Value = state.Value + n }, n); }, "2", "42" },
        { (Tally state) => (state.Value, state.Value), "{}", "40" },
        { (Tally state) => { state.Value = 0; }, "", "0" },
        { (Tally state, ObjectContext context) => $"{context.Object}/{context.Key}/{context.Operation}", "\"tally/k/op\"", "40" },
        { (Tally state, CancellationToken token, long n) => token.CanBeCanceled ? n : -1, "2", "40" },
        { (Tally state, byte[] bytes) => bytes, "2", "40" },
        { (Tally state, Tally input) => { }, "invalid", "40" },
    };

    [Theory]
    [MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public async Task A_delegate_of_any_shape_is_an_operation(Delegate body, string output, string value)
    {
        var (answer, state) = await RunAsync(t => t.On("op", body));
        Assert.Equal(output == "invalid" ? ObjectEnd.Invalid : ObjectEnd.Succeeded, answer.End);
        Assert.Equal(output == "invalid" ? "" : output, Text(answer.Output));
        Assert.Equal(answer.End == ObjectEnd.Succeeded ? $$"""{"value":{{value}}}""" : null, state is null ? null : Text(state));
    }

    [Fact]
    public async Task A_read_may_answer_the_state_itself_and_stores_none()
    {
        var (answer, state) = await RunAsync(t => t.OnRead("op", (Tally state) => state));
        Assert.Equal("""{"value":40}""", Text(answer.Output));
        Assert.Null(state);
    }

    [Fact]
    public async Task Services_are_injected_and_are_not_the_input()
    {
        var host = TestHost.Create(services: s => s.AddSingleton(new Rate(3)));
        Assert.Equal("6", Text((await RunAsync(t => t.On("op", (Rate rate, Tally state, long n) => n * rate.Factor), host)).Answer.Output));
    }

    [Fact]
    public async Task A_state_that_is_null_or_cannot_be_written_fails_the_operation()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(t => t.On("op", (Tally state) => (Tally)null!)));
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(t => t.On("op", (Tally state) => double.NaN)));
    }

    [Fact]
    public async Task A_state_over_its_bound_is_refused_and_one_at_its_bound_is_not()
    {
        var (answer, state) = await RunAsync(t => t.On("op", (Tally state) => { state.Value = 999; }), bytesMax: 13);
        Assert.Equal((ObjectEnd.Succeeded, """{"value":999}"""), (answer.End, Text(state!)));
        (answer, state) = await RunAsync(t => t.On("op", (Tally state) => { state.Value = 1000; }), bytesMax: 13);
        Assert.Equal((ObjectEnd.StateTooLarge, true), (answer.End, state is null));
    }

    [Theory]
    [InlineData("""{"value":40,"gone":[1]}""", true)]
    [InlineData("{}", true)]
    [InlineData("", true)]
    [InlineData("null", false)]
    [InlineData("[]", false)]
    [InlineData("""{"value":"x"}""", false)]
    [InlineData("""{"value":1,"value":2}""", false)]
    public async Task A_state_of_older_code_is_read_where_its_members_fit(string stored, bool isRead)
    {
        var run = RunAsync(t => t.OnRead("op", (Tally state) => state.Value), stored: stored);
        if (isRead)
            Assert.Equal(ObjectEnd.Succeeded, (await run).Answer.End);
        else
            await Assert.ThrowsAsync<Hearth.Objects.Operations.StateUnreadableException>(() => run);
    }

    [Fact]
    public void A_delegate_of_another_shape_says_what_is_wrong()
    {
        Refuses("Object 'tally', operation 'op': it takes no Tally, which is the state.", (long n) => n);
        Refuses("Object 'tally', operation 'op': parameter 'b' (Int64) is neither the input, which is 'a', nor a registered service.", (Tally state, long a, long b) => { });
        Refuses("Object 'tally', operation 'op': operations do not stream; take or return byte[].", (Tally state, Stream input) => { });
        Refuses("Object 'tally', operation 'op': operations do not stream; take or return byte[].", (Tally state) => Stream.Null);

        static void Refuses(string message, Delegate body) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => Build(t => t.On("op", body), TestHost.Create(), 100)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_of_a_registration_is_told_at_once()
    {
        var options = new ObjectOptions { Pool = "", Timeout = TimeSpan.FromHours(1), StateBytesMax = 0 };
        var operation = new OperationRegistration("Op", (Tally _) => { }, IsRead: false, null);
        var wrong = new ObjectRegistration("Tally", options, [operation, operation], _ => null!);
        var message = Assert.Throws<InvalidOperationException>(() => ObjectRegistration.BuildAll([wrong, new("empty", new(), [], _ => null!), wrong], TestHost.Create())).Message;
        foreach (var part in new[]
        {
            "Object 'Tally': a name is", "operation 'Op': a name is", "operation 'Op' is added twice", "pool ''", "timeout 01:00:00", "stateBytesMax 0",
            "Object 'empty': it has no operation", "Object 'Tally' is added twice",
        })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    private static ServedObject Build(Action<ObjectBuilder<Tally>> add, FunctionHost host, int bytesMax)
    {
        var builder = new ObjectBuilder<Tally>();
        add(builder);
        return ServedObject.Create<Tally>("tally", new ObjectOptions { StateBytesMax = bytesMax }, builder.Operations, host);
    }

    private static async Task<(ObjectAnswer Answer, byte[]? State)> RunAsync(
        Action<ObjectBuilder<Tally>> add, FunctionHost? host = null, int bytesMax = 1000, string stored = """{"value":40}""")
    {
        using var stop = new CancellationTokenSource();
        var operation = Build(add, host ?? TestHost.Create(), bytesMax).Operations["op"];
        var context = new ObjectContext
        {
            Object = "tally", Key = "k", Operation = "op", ContentType = MediaTypes.Json, Deadline = TimeProvider.System.GetUtcNow(), Logger = NullLogger.Instance,
        };
        var result = await operation.RunAsync(Encoding.UTF8.GetBytes(stored), new ObjectCall("op", MediaTypes.Json, "2"u8.ToArray()), context, stop.Token);
        return (result.Answer, result.State);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public sealed class Tally
    {
        public long Value { get; set; }
    }

    public sealed record Rate(long Factor);
}
