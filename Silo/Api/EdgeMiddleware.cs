using Hearth.Api.Http;
using Hearth.Auth;
using Hearth.Cluster;
using Hearth.Objects;
using Hearth.Storage;

namespace Hearth.Api;

/// <summary>What every request passes: access, and the promise that every error is a problem document.</summary>
internal sealed partial class EdgeMiddleware(RequestDelegate next, AccessPolicy access, ILogger<EdgeMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (IsAmbiguous(http.Request))
        {
            await ProblemWriter.WriteAsync(http, Problems.Malformed("Send either Content-Length or Transfer-Encoding, not both."));
            return;
        }

        if (access.Refuse(http.Request) is { } refused)
        {
            await ProblemWriter.WriteAsync(http, refused);
            return;
        }

        try
        {
            await next(http);
        }
        catch (Exception e)
        {
            await ExplainAsync(http, e);
            return;
        }

        if (http.Response.StatusCode >= 400 && !http.Response.HasStarted && http.Response.ContentLength is null && http.Response.ContentType is null)
            await ExplainAsync(http);
    }

    /// <summary>
    /// Two statements of a body's length are how requests are smuggled past a proxy. The server believes the chunks, and moves a
    /// Content-Length beside them to X-Content-Length.
    /// </summary>
    private static bool IsAmbiguous(HttpRequest request) => request.Headers.TransferEncoding.Count > 0
        && (request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"));

    /// <summary>A bare status, as routing leaves it.</summary>
    private static Task ExplainAsync(HttpContext http) => ProblemWriter.WriteAsync(http, http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound,
        StatusCodes.Status405MethodNotAllowed => Problems.MethodNotAllowed($"{http.Request.Method} is not served here; {http.Response.Headers.Allow} is.") with
        {
            Choices = [.. http.Response.Headers.Allow.Select(m => m ?? "")],
        },
        var status => new Problem("http-" + status, status, "Error"),
    });

    private async Task ExplainAsync(HttpContext http, Exception error)
    {
        if (http.RequestAborted.IsCancellationRequested)
            return;
        error = StoreTrouble.In(error) ?? error;
        if (error is BadHttpRequestException bad)
        {
            await ProblemWriter.WriteAsync(http, Problems.From(bad));
        }
        else if (error is OutcomeUnknownException or TimeoutException || error is Orleans.Runtime.OrleansException && !NotRun.Is(error))
        {
            await ProblemWriter.WriteAsync(http, Problems.OutcomeUnknown);
        }
        else if (error is CorruptRowException)
        {
            LogDamaged(logger, http.Request.Method, http.Request.Path, error);
            await ProblemWriter.WriteAsync(http, Problems.Damaged);
        }
        else if (NotRun.Is(error))
        {
            await ProblemWriter.WriteAsync(http, Problems.SiloUnavailable);
        }
        else if (error is StoreUnavailableException)
        {
            await ProblemWriter.WriteAsync(http, Problems.StoreUnavailable);
        }
        else
        {
            LogDefect(logger, http.Request.Method, http.Request.Path, error);
            await ProblemWriter.WriteAsync(http, Problems.Internal);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} met a damaged row")]
    private static partial void LogDamaged(ILogger logger, string method, string path, Exception error);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed by a defect")]
    private static partial void LogDefect(ILogger logger, string method, string path, Exception error);
}
