namespace Hearth.Observability;

/// <summary><c>GET /metrics</c>.</summary>
internal sealed class MetricsEndpoint(Telemetry telemetry)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public Task ServeAsync(HttpContext http)
    {
        http.Response.ContentType = ContentType;
        return http.Response.WriteAsync(telemetry.Read(), http.RequestAborted);
    }
}
