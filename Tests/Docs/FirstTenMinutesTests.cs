using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/first-ten-minutes.md, followed to the letter. Its program is built and run by GreetTests.</summary>
public sealed class FirstTenMinutesTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_first_ten_minutes_go_as_they_are_told()
    {
        using var shell = new HearthShell(silo.Process.Address, silo.Data);
        Assert.True(await shell.FollowAsync("docs/first-ten-minutes.md") > 10);
    }
}
