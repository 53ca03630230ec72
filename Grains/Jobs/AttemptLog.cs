using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Jobs;

/// <summary>What an attempt has logged, as it is stored in a note.</summary>
/// <param name="Dropped">Lines before these that were not kept.</param>
/// <param name="Lines">Oldest first.</param>
internal sealed record AttemptLog(int Dropped, IReadOnlyList<LogLine> Lines)
{
    public static AttemptLog Read(string text) => JsonSerializer.Deserialize(text, JobLogJson.Default.AttemptLog)!;
}

/// <param name="At">When it was said, on the store's clock.</param>
/// <param name="Text">At most <see cref="JobLimits.LogLineLengthMax"/> characters.</param>
internal sealed record LogLine(DateTimeOffset At, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AttemptLog))]
internal sealed partial class JobLogJson : JsonSerializerContext;
