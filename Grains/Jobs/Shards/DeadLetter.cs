using System.Buffers;
using System.Text.Json;

namespace Hearth.Jobs;

/// <summary>The job that is told of one that failed for good; docs/reference/queues.md shows its input.</summary>
internal static class DeadLetter
{
    /// <summary>What these jobs can be found by; one that has it and fails is not handed on.</summary>
    public const string Tag = "dead-letter";

    private static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="result">How the job's last attempt went.</param>
    /// <param name="queue">The job's queue.</param>
    /// <param name="function">The job's function.</param>
    /// <param name="failed">The job; null when it cannot be read.</param>
    public static JobSpec Write(in JobResult result, string queue, string function, JobSpec? failed)
    {
        var document = Write(result, queue, function, failed, withInput: true);
        if (document.Length > JobSpec.InputBytesMax)
            document = Write(result, queue, function, failed, withInput: false);
        return new JobSpec("", "application/json", document, new JobOptions { Tags = [Tag] });
    }

    private static ReadOnlyMemory<byte> Write(in JobResult result, string queue, string function, JobSpec? failed, bool withInput)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            json.WriteStartObject();
            json.WriteString("id", result.Id.ToString());
            json.WriteString("queue", queue);
            json.WriteString("function", function);
            json.WriteNumber("attempt", result.Attempt);
            json.WriteString("error", result.Error);
            json.WriteString("errorType", result.ErrorType);
            json.WriteString("contentType", failed?.ContentType);
            if (withInput && failed is not null)
                WriteInput(json, failed);
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    private static void WriteInput(Utf8JsonWriter json, JobSpec failed)
    {
        var input = failed.Input.Span;
        if (failed.ContentType == "application/json" && IsJson(failed.Input))
        {
            json.WritePropertyName("input");
            json.WriteRawValue(input, skipInputValidation: true);
        }
        else if (failed.ContentType.StartsWith("text/", StringComparison.Ordinal) && System.Text.Unicode.Utf8.IsValid(input))
        {
            json.WriteString("inputText", input);
        }
        else if (input.Length > 0)
        {
            json.WriteBase64String("inputBase64", input);
        }
    }

    /// <summary>Within the levels that an input may have: it stands one deeper here.</summary>
    private static bool IsJson(ReadOnlyMemory<byte> input)
    {
        var reader = new Utf8JsonReader(input.Span, new JsonReaderOptions { MaxDepth = Functions.Payloads.HearthJson.DepthMax - 1 });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // Then it goes as bytes.
            return false;
        }
    }
}
