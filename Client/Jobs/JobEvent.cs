using System.Text.Json;

namespace Hearth.Client;

/// <summary>Something that happened to a job.</summary>
/// <param name="Id">Where to go on after it; null: it tells the state of the moment, and is not told again.</param>
/// <param name="Name">
/// What happened: <c>accepted</c>, <c>attempt-started</c>, <c>attempt-failed</c>, <c>attempt-returned</c>, <c>progress</c>, <c>log</c>, <c>heartbeat</c>,
/// <c>state</c>, <c>end</c>; later versions may have others.
/// </param>
/// <param name="Data">Its members, as docs/reference/jobs.md lists them.</param>
public sealed record JobEvent(string? Id, string Name, JsonElement Data)
{
    /// <summary>Whether it is the last.</summary>
    public bool IsEnd => Name == "end";
}
