using System.Buffers;
using System.Text.Json;

namespace Hearth.Client.Http;

/// <summary>Writes actions on jobs as the API takes them.</summary>
internal static class ActionWriter
{
    public static ReadOnlyMemory<byte> Write(JobAction action, JobQuery filter, bool all, bool dryRun)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("action", NamesConverter<JobAction>.NameOf(action));
            json.WriteStartObject("filter");
            foreach (var (name, value) in filter.Conditions())
            {
                if (value is not null && name != "limit")
                    json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteBoolean("all", all);
            json.WriteBoolean("dryRun", dryRun);
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}
