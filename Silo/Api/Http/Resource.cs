using System.Text.Json;
using Hearth.Api.Calls;
using Hearth.Functions.Payloads;

namespace Hearth.Api.Http;

/// <summary>Answers a resource of Hearth's own in the notation that the caller accepts.</summary>
internal static class Resource
{
    private static readonly string[] Offered = [MediaTypes.Json, MediaTypes.Xml];

    public static async Task<Problem?> WriteAsync<T>(HttpContext http, T document, int status)
    {
        if (Accept.Choose(http.Request, Offered) is not { } wanted)
            return Problems.NotAcceptable(Offered);
        await SendAsync(http, document, status, wanted);
        return null;
    }

    /// <summary>The same for those who cannot be refused any more: JSON where they take neither notation.</summary>
    public static Task WriteAnywayAsync<T>(HttpContext http, T document, int status) =>
        SendAsync(http, document, status, Accept.PrefersXml(http.Request) ? MediaTypes.Xml : MediaTypes.Json);

    private static async Task SendAsync<T>(HttpContext http, T document, int status, string wanted)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        await CallOutput.SendAsync(http.Response, JsonSerializer.SerializeToUtf8Bytes(document, HearthJson.Strict), MediaTypes.Json, wanted);
    }
}
