using System.Text;
using System.Text.Json;
using System.Xml;

namespace Hearth.Tests.Support;

/// <summary>A whole HTTP answer.</summary>
public sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? ContentType => Header("Content-Type");

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The parsed XML body.</summary>
    public XmlElement Xml
    {
        get
        {
            var document = new XmlDocument { XmlResolver = null };
            document.LoadXml(Text);
            return document.DocumentElement!;
        }
    }

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>A JSON problem document, whole and of the right media type.</summary>
    public JsonElement IsProblem(int status, string slug)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Text}");
        Assert.Equal("application/problem+json", ContentType);
        var problem = Json;
        Assert.Equal("urn:hearth:problem:" + slug, problem.GetProperty("type").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        return problem;
    }

    /// <summary>The same in XML.</summary>
    public XmlElement IsXmlProblem(int status, string slug)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Text}");
        Assert.Equal("application/problem+xml", ContentType);
        var problem = Xml;
        Assert.Equal(("problem", "urn:ietf:rfc:7807"), (problem.LocalName, problem.NamespaceURI));
        Assert.Equal("urn:hearth:problem:" + slug, problem["type"]!.InnerText);
        return problem;
    }

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Text}");
        return this;
    }
}
