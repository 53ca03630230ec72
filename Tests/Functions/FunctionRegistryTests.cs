using Hearth.Functions;
using Hearth.Functions.Registration;

namespace Hearth.Tests.Functions;

public sealed class FunctionRegistryTests
{
    private static readonly FunctionHost Host = TestHost.Create();

    [Theory]
    [InlineData("comprss", "compress")]
    [InlineData("COMPRESS", "compress")]
    [InlineData("compresss", "compress")]
    [InlineData("com", "compress")]
    [InlineData("hsah", "hash")]
    public void A_near_name_is_found(string asked, string meant) => Assert.Equal(meant, Registry("compress", "decompress", "hash", "primes").Near(asked)[0]);

    [Theory]
    [InlineData("xyzzyxyzzy")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_far_name_is_not(string asked) => Assert.Empty(Registry("compress", "decompress", "hash", "primes").Near(asked));

    [Fact]
    public void Three_near_names_at_most() => Assert.Equal(3, Registry("aa", "ab", "ac", "ad", "ae").Near("a").Count);

    [Theory]
    [InlineData("Bad")]
    [InlineData("")]
    public void A_bad_name_is_told_with_the_rule(string name) => Assert.Contains(FunctionName.Rule, Mistakes(new FunctionRegistration(name, new FunctionOptions(), Build)), StringComparison.Ordinal);

    [Fact]
    public void Every_mistake_of_every_function_is_told_at_once()
    {
        var mistakes = Mistakes(
            new FunctionRegistration("a", new FunctionOptions { Concurrency = 0 }, Build),
            new FunctionRegistration("b", new FunctionOptions { Timeout = TimeSpan.Zero }, Build),
            new FunctionRegistration("c", new FunctionOptions(), Build),
            new FunctionRegistration("c", new FunctionOptions(), Build));
        Assert.Contains("Function 'a': concurrency", mistakes, StringComparison.Ordinal);
        Assert.Contains("Function 'b': timeout", mistakes, StringComparison.Ordinal);
        Assert.Contains("Function 'c' is added twice", mistakes, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_was_exchanged_is_watched_until_its_runs_have_ended()
    {
        var registry = Registry("kept");
        var exchanged = TestHost.Function((int n) => n, host: Host, name: "exchanged");
        registry.Exchange([exchanged]);
        var run = exchanged.Slots.TryTake()!;
        registry.Exchange([]);
        Assert.Null(registry.Find("exchanged"));
        Assert.Contains(exchanged, registry.EverServed);
        run.Release();
        registry.Exchange([]);
        Assert.DoesNotContain(exchanged, registry.EverServed);
    }

    private static string Mistakes(params FunctionRegistration[] registrations) =>
        Assert.Throws<InvalidOperationException>(() => FunctionRegistration.BuildAll(registrations, Host)).Message;

    private static ServedFunction Build(FunctionHost host) => TestHost.Function((int n) => n, host: host);

    private static FunctionRegistry Registry(params string[] names) =>
        new(names.Select(name => DelegateFunction.Create(name, (int n) => n, new FunctionOptions(), Host)));
}
