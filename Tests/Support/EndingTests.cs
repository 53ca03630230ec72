namespace Hearth.Tests.Support;

/// <summary>Whether tests clear up after themselves.</summary>
public sealed class EndingTests
{
    /// <summary>xunit 2 does not call it: what such a test started would live on beside all later ones.</summary>
    [Fact]
    public void No_test_class_relies_on_IAsyncDisposable()
    {
        var relying = typeof(EndingTests).Assembly.GetTypes()
            .Where(type => typeof(IAsyncDisposable).IsAssignableFrom(type) && !typeof(IAsyncLifetime).IsAssignableFrom(type) && HasTests(type))
            .Select(type => type.FullName);

        Assert.Empty(relying);
    }

    private static bool HasTests(Type type) => type.GetMethods().Any(method => method.IsDefined(typeof(FactAttribute), inherit: true));
}
