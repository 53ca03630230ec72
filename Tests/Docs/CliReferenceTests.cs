using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/cli.md, followed to the letter.</summary>
public sealed class CliReferenceTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_examples_print_what_the_reference_shows()
    {
        using var shell = new HearthShell(silo.Process.Address);
        Assert.True(await shell.FollowAsync("docs/reference/cli.md") > 12);
    }
}
