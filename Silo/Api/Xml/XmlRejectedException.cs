namespace Hearth.Api.Xml;

/// <summary>A caller's XML is refused. The message is written for that caller: what is wrong, where, and what to change.</summary>
/// <param name="message">What is wrong and the remedy, without the place.</param>
/// <param name="line">Line from 1, where known.</param>
/// <param name="column">Column from 1 in UTF-16 units, where known.</param>
/// <param name="path">Elements from the root, such as <c>/value/jobs/item[2]</c>, where known.</param>
internal sealed class XmlRejectedException(string message, int? line, int? column, string? path)
    : Exception(message + Place(line, column, path))
{
    public int? Line { get; } = line;

    public int? Column { get; } = column;

    public string? Path { get; } = path;

    private static string Place(int? line, int? column, string? path) => (line, path) switch
    {
        (null, null) => "",
        (null, _) => $" (at {path})",
        (_, null) => $" (line {line}, column {column})",
        _ => $" (line {line}, column {column}, at {path})",
    };
}
