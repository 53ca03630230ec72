using System.Security.Cryptography;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>Large bodies through the functions that ship.</summary>
public sealed class StreamTests(ServedSilo silo) : IClassFixture<ServedSilo>
{
    [Theory]
    [InlineData(0, "gzip")]
    [InlineData(0, "brotli")]
    [InlineData(0, "zlib")]
    [InlineData(1, "gzip")]
    [InlineData(5_000_000, "gzip")]
    [InlineData(5_000_000, "brotli")]
    [InlineData(5_000_000, "zlib")]
    [InlineData(64 << 20, "brotli")]
    public async Task Bytes_survive_compress_and_decompress(int length, string format)
    {
        var bytes = Random(length);
        var packed = (await silo.Http.AskAsync("POST", "/v1/functions/compress/call?format=" + format, bytes)).Is(200);
        Assert.Equal(format == "gzip" ? "application/gzip" : "application/octet-stream", packed.ContentType);
        if (packed.Body.Length > 64 << 20)
            return; // Random bytes grow a little, and the bound is on input.
        var unpacked = (await silo.Http.AskAsync("POST", "/v1/functions/decompress/call?format=" + format, packed.Body)).Is(200);
        Assert.True(bytes.AsSpan().SequenceEqual(unpacked.Body));
    }

    [Fact]
    public async Task One_byte_over_64_MiB_is_413()
    {
        var bytes = new byte[(64 << 20) + 1];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/functions/hash/call") { Content = new ByteArrayContent(bytes) };
        request.Headers.ExpectContinue = true;
        using var response = await silo.Http.SendAsync(request);
        Assert.Equal(413, (int)response.StatusCode);
        (await silo.Http.CallChunkedAsync("hash", bytes, "text/plain")).IsProblem(413, "too-large");
        Assert.Equal(64 << 20, (await silo.Http.CallChunkedAsync("hash", bytes[1..], "text/plain")).Is(200).Json.GetProperty("bytes").GetInt64());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("brotli")]
    [InlineData("zlib")]
    public async Task Garbage_cannot_be_decompressed_and_says_so(string format)
    {
        var answer = await silo.Http.AskAsync("POST", "/v1/functions/decompress/call?format=" + format, Random(100_000));
        Assert.Equal($"The input is not {format} data.", answer.IsProblem(500, "function-failed").GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("brotli")]
    [InlineData("zlib")]
    public async Task Compressed_bytes_that_end_too_soon_are_not_taken_for_whole_ones(string format)
    {
        var packed = (await silo.Http.AskAsync("POST", "/v1/functions/compress/call?format=" + format, Random(30_000))).Is(200).Body;
        var answer = await silo.Http.AskAsync("POST", "/v1/functions/decompress/call?format=" + format, packed[..^100]);
        answer.IsProblem(500, "function-failed");
    }

    [Fact]
    public async Task The_hash_is_that_of_the_bytes()
    {
        var bytes = Random(5_000_000);
        var answer = (await silo.Http.AskAsync("POST", "/v1/functions/hash/call?algorithm=sha512", bytes)).Is(200).Json;
        Assert.Equal(Convert.ToHexStringLower(SHA512.HashData(bytes)), answer.GetProperty("hash").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), (await silo.Http.CallChunkedAsync("hash", bytes, "text/plain")).Json.GetProperty("hash").GetString());
    }

    [Fact]
    public async Task Primes_have_a_route_of_their_own()
    {
        Assert.Equal(25, (await silo.Http.FetchAsync("/primes/100")).Is(200).Json.GetProperty("count").GetInt32());
        Assert.Equal("97", (await silo.Http.FetchAsync("/primes/100", ("Accept", "application/xml"))).Is(200).Xml["largest"]!.InnerText);
        Assert.Equal("$.upTo", (await silo.Http.FetchAsync("/primes/abc")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
        Assert.Equal("upTo must be between 2 and 2,000,000,000.", (await silo.Http.FetchAsync("/primes/1")).IsProblem(500, "function-failed").GetProperty("detail").GetString());
    }

    private static byte[] Random(int length)
    {
        var bytes = new byte[length];
        new Random(20261121).NextBytes(bytes);
        return bytes;
    }
}
