namespace Hearth.Tests.Api.Xml;

/// <summary>The examples on <c>docs/reference/xml.md</c> are what the code does.</summary>
public sealed class XmlReferenceTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "reference", "xml.md"));

    [Fact]
    public void The_example_is_the_same_document_in_both_notations()
    {
        var json = Block("json", 0).Trim();
        Assert.Equal(json, Mapped.Json(Block("xml", 0)));
        Assert.Equal(json, Mapped.Json(Mapped.Xml(json)));
    }

    [Fact]
    public void The_example_by_hand_is_read_as_told() => Assert.Equal(
        """{"name":"nightly","retries":"3","paused":"false","after":null,"tags":["a","b"]}""",
        Mapped.Json(Block("xml", 1)));

    private static string Block(string language, int index) =>
        Page.Split($"```{language}\n")[index + 1].Split("```")[0];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
