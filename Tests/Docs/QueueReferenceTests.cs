using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/queues.md and queues-limits.md, followed to the letter.</summary>
public sealed class QueueReferenceTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_examples_answer_what_the_reference_shows()
    {
        var count = await ReferenceRun.FollowAsync("docs/reference/queues.md", silo.Process);
        Assert.True(count > 6, $"{count} examples");
        count = await ReferenceRun.FollowAsync("docs/reference/queues-limits.md", silo.Process);
        Assert.True(count > 3, $"{count} examples");
    }
}
