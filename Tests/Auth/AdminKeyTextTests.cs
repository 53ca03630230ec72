using Hearth.Auth;

namespace Hearth.Tests.Auth;

/// <summary>A key carries a checksum, so that one that was mistyped is known without a look at the stored hash.</summary>
public sealed class AdminKeyTextTests
{
    [Fact]
    public void A_key_that_was_made_is_well_formed_and_no_two_are_the_same()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => AdminKey.Create()).ToList();
        Assert.All(keys, key => Assert.True(AdminKey.IsWellFormed(key), key));
        Assert.Equal(100, keys.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void One_character_mistyped_anywhere_is_seen()
    {
        var key = AdminKey.Create();
        for (var i = 0; i < key.Length; i++)
        {
            var mistyped = key[..i] + (key[i] == '0' ? '1' : '0') + key[(i + 1)..];
            Assert.False(AdminKey.IsWellFormed(mistyped), mistyped);
        }
    }
}
