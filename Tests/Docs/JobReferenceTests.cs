using System.Text.RegularExpressions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Docs;

/// <summary>docs/reference/jobs.md, followed to the letter.</summary>
public sealed class JobReferenceTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Fact]
    public async Task The_examples_answer_what_the_reference_shows()
    {
        var count = await ReferenceRun.FollowAsync("docs/reference/jobs.md", silo.Process);
        Assert.True(count > 15, $"{count} examples");
    }

    [Fact]
    public async Task Every_problem_of_the_source_is_listed()
    {
        var listed = await ReferenceRun.ReadAsync("docs/reference/problems.md");
        var source = await ReferenceRun.ReadAsync("Silo/Api/Http/Problems.cs");
        var slugs = Regex.Matches(source, "\"(?<slug>[a-z-]+)\", [345][0-9][0-9],", RegexOptions.NonBacktracking).Select(m => m.Groups["slug"].Value).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(slugs.Count > 25, $"{slugs.Count} problems");
        Assert.All(slugs, slug => Assert.Contains($"`{slug}`", listed, StringComparison.Ordinal));
    }
}
