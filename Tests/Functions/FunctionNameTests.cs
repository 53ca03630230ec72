using Hearth.Functions;

namespace Hearth.Tests.Functions;

public sealed class FunctionNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a1")]
    [InlineData("top-words.v2_x")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_good_name_is_valid(string name) => Assert.True(FunctionName.IsValid(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("1a")]
    [InlineData("-a")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("caf\u00e9")]
    [InlineData("a\u0661")]
    [InlineData("aB")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Another_name_is_not(string? name) => Assert.False(FunctionName.IsValid(name));

    [Theory]
    [InlineData("1", true)]
    [InlineData("2.0-RC_1", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("1/2", false)]
    [InlineData("\u0661", false)]
    public void A_version_has_a_grammar_too(string? version, bool valid) => Assert.Equal(valid, FunctionName.IsVersion(version));
}
