using System.IO.Compression;

namespace Hearth.Functions.BuiltIn;

/// <summary>Compresses and decompresses any bytes, streaming.</summary>
internal static class Compression
{
    public static FunctionParameter Format { get; } = new("format", "Which format.", "gzip", ["gzip", "brotli", "zlib"]);

    public static async Task CompressAsync(Stream input, Stream output, FunctionContext context, CancellationToken cancellationToken)
    {
        var format = context.Parameters["format"];
        context.ResultContentType = format == "gzip" ? "application/gzip" : "application/octet-stream";
        var first = new byte[1];
        if (await input.ReadAtLeastAsync(first, 1, throwOnEndOfStream: false, cancellationToken) == 0)
        {
            await output.WriteAsync(Empty(format), cancellationToken);
            return;
        }

        await using var packed = Writer(format, output);
        await packed.WriteAsync(first, cancellationToken);
        await input.CopyToAsync(packed, cancellationToken);
    }

    public static async Task DecompressAsync(Stream input, Stream output, FunctionContext context, CancellationToken cancellationToken)
    {
        await using var unpacked = Reader(context.Parameters["format"], input);
        try
        {
            await unpacked.CopyToAsync(output, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new FunctionException($"The input is not {context.Parameters["format"]} data.", e);
        }
    }

    /// <summary>No bytes, packed: the platform's streams write nothing then, which is not what the formats say (RFC 1952, 1950, 7932).</summary>
    private static byte[] Empty(string format) => format switch
    {
        "brotli" => [0x06],
        "zlib" => [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01],
        _ => [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };

    private static Stream Writer(string format, Stream output) => format switch
    {
        "brotli" => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
        "zlib" => new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true),
        _ => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
    };

    private static Stream Reader(string format, Stream input) => format switch
    {
        "brotli" => new BrotliStream(input, CompressionMode.Decompress, leaveOpen: true),
        "zlib" => new ZLibStream(input, CompressionMode.Decompress, leaveOpen: true),
        _ => new GZipStream(input, CompressionMode.Decompress, leaveOpen: true),
    };
}
