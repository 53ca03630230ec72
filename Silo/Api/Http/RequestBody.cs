using System.Buffers;
using System.IO.Pipelines;

namespace Hearth.Api.Http;

/// <summary>Reads bounded bodies.</summary>
internal static class RequestBody
{
    /// <summary>
    /// Waits for the whole body. The bytes stay in the server's own buffers until <see cref="PipeReader.AdvanceTo(SequencePosition)"/>:
    /// nothing is copied.
    /// </summary>
    /// <returns>Null when there are more than <paramref name="bytesMax"/>.</returns>
    public static async ValueTask<ReadOnlySequence<byte>?> ReadAsync(HttpRequest request, long bytesMax)
    {
        if (request.ContentLength > bytesMax)
            return null;
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > bytesMax)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
