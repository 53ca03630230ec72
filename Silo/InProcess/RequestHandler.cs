using System.Buffers;
using Hearth.Api.Http;
using Hearth.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hearth.InProcess;

/// <summary>
/// Runs requests through the silo's own pipeline, access policy first, with no connection below: what comes over grains and what comes over HTTP is answered
/// by the same code.
/// </summary>
internal sealed class RequestHandler(IServiceScopeFactory scopes) : IRequestHandler
{
    /// <summary>A stream that says nothing for so long is answered with nothing.</summary>
    private static readonly TimeSpan QuietMax = TimeSpan.FromSeconds(20);

    private RequestDelegate pipeline = NotYetAsync;

    /// <summary>To be called before all other middleware is added.</summary>
    public void Capture(IApplicationBuilder web) => web.Use(next => pipeline = next);

    public async Task<ApiAnswer> AnswerAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var output = new AnswerStream(ending);
        var http = ContextOf(request, output);
        http.RequestAborted = ending.Token;
        output.IsEndless = () => http.Response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true;
        ending.CancelAfter(request.Headers.TryGetValue("Accept", out var accept) && accept == "text/event-stream" ? QuietMax : Timeout.InfiniteTimeSpan);
        try
        {
            await pipeline(http);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A stream, cut where it has nothing more to tell for now.
        }

        await http.Response.CompleteAsync();
        return output.IsTooLarge
            ? new ApiAnswer(StatusCodes.Status413PayloadTooLarge, new Dictionary<string, string>(StringComparer.Ordinal), default)
            : new ApiAnswer(http.Response.StatusCode, HeadersOf(http.Response), output.Written);
    }

    private static Task NotYetAsync(HttpContext http) =>
        ProblemWriter.WriteAsync(http, Problems.SiloUnavailable with { Detail = "The silo starts; nothing was done. Try again." });

    private DefaultHttpContext ContextOf(ApiRequest asked, AnswerStream output)
    {
        var http = new DefaultHttpContext { ServiceScopeFactory = scopes };
        var (path, query) = asked.Target.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? (asked.Target[..at], asked.Target[at..]) : (asked.Target, "");
        var request = http.Features.GetRequiredFeature<IHttpRequestFeature>();
        (request.Method, request.Scheme, request.Protocol, request.RawTarget) = (asked.Method, "http", "HTTP/1.1", asked.Target);
        (request.Path, request.QueryString) = (PathString.FromUriComponent(path).Value!, query);
        foreach (var (name, value) in asked.Headers)
            request.Headers[name] = value;
        // No name of a host led here, so that none can have been forged.
        request.Headers.Host = "localhost";
        request.Headers.ContentLength = asked.Body.Length;
        request.Body = new MemoryStream(asked.Body.ToArray(), writable: false);
        http.Features.Set<IHttpRequestBodyDetectionFeature>(new HasBody(asked.Body.Length > 0));
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(output));
        return http;
    }

    private static Dictionary<string, string> HeadersOf(HttpResponse response) =>
        response.Headers.Where(header => !StringValues.IsNullOrEmpty(header.Value)).ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private sealed class HasBody(bool can) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody { get; } = can;
    }

    /// <summary>Keeps what is written, within bounds. A stream without end is ended a moment after something was flushed.</summary>
    private sealed class AnswerStream(CancellationTokenSource ending) : Stream
    {
        private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

        private readonly ArrayBufferWriter<byte> written = new();

        public Func<bool> IsEndless { get; set; } = () => false;

        public bool IsTooLarge { get; private set; }

        public ReadOnlyMemory<byte> Written => written.WrittenMemory;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => written.WrittenCount;

        public override long Position
        {
            get => written.WrittenCount;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (written.WrittenCount + buffer.Length > ApiRequest.BytesMax)
            {
                IsTooLarge = true;
                ending.Cancel();
                throw new OperationCanceledException("The answer is larger than one over grains may be.");
            }

            written.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
            // Not what a stream begins with, or says to show that it lives.
            if (IsEndless() && written.WrittenSpan.IndexOf("data:"u8) >= 0)
                ending.CancelAfter(Moment);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flush();
            return Task.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
