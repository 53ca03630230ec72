using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Functions.BuiltIn;

/// <param name="Url">Address; its origin has to be allowed.</param>
/// <param name="Method">Default POST.</param>
/// <param name="Headers">By name, each on one line.</param>
/// <param name="Body">Sent as JSON.</param>
/// <param name="Text">Instead: sent as it is.</param>
/// <param name="ContentType">Of <paramref name="Text"/>; default <c>text/plain</c>.</param>
/// <param name="BackOff">Who waits when the server asks for it: the jobs with the job's key, all of its queue, or the job alone.</param>
public sealed record HttpInput(
    string Url, string? Method = null, Dictionary<string, string>? Headers = null, JsonNode? Body = null, string? Text = null, string? ContentType = null,
    BackOff BackOff = BackOff.Key);

/// <param name="Status">As of HTTP; 200 to 299.</param>
/// <param name="ContentType">Of the answer; null for none.</param>
/// <param name="Body">The answer, where it is JSON.</param>
/// <param name="Text">The answer, where it is not.</param>
public sealed record HttpOutput(int Status, string? ContentType, JsonNode? Body, string? Text);

/// <summary>
/// Sends a request to an origin that is allowed. 2xx is the result. 429 and 503 with <c>Retry-After</c> are tried again when they ask for it, other 5xx, 408 and
/// 425 by the retry policy; what remains fails for good.
/// </summary>
internal sealed class HttpFunction : IFunction<HttpInput, HttpOutput>, IDisposable
{
    private const int ShownMax = 500;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Of the connection, not of a request: a caller who could set them could send a second request inside the first.</summary>
    private static readonly HashSet<string> NotTheirs = new(
        ["Host", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Proxy-Connection"],
        StringComparer.OrdinalIgnoreCase);

    private readonly AllowList allowed;
    private readonly HttpOptions options;
    private readonly TimeProvider clock;
    private readonly HttpClient http;

    public HttpFunction(HttpOptions options, TimeProvider clock)
    {
        (allowed, this.options, this.clock) = (new AllowList(options), options, clock);
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // it could lead anywhere
            UseProxy = false, // it would connect for us, wherever the name leads
            UseCookies = false,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 64,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // the function has one
            MaxResponseContentBufferSize = options.AnswerBytesMax,
        };
    }

    public void Dispose() => http.Dispose();

    public async Task<HttpOutput> RunAsync(HttpInput input, FunctionContext context, CancellationToken cancellationToken)
    {
        using var request = RequestOf(input, context);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = TextOf(await response.Content.ReadAsByteArrayAsync(cancellationToken), response.Content.Headers.ContentType?.CharSet);
            return response.IsSuccessStatusCode ? Output(response, text) : throw Refused(input, request.RequestUri!, response, text);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw JobOutcome.FailForGood($"{request.RequestUri!.Host} answered more than {options.AnswerBytesMax} bytes: see Hearth:Http:AnswerBytesMax.", e);
        }
        catch (HttpRequestException e) when (e.InnerException is BlockedAddressException blocked)
        {
            throw JobOutcome.FailForGood(blocked.Message, blocked);
        }
        catch (HttpRequestException e)
        {
            throw new FunctionException($"{request.RequestUri!.Host} cannot be reached: {e.HttpRequestError}.", e);
        }
    }

    private HttpRequestMessage RequestOf(HttpInput input, FunctionContext context)
    {
        if (!Uri.TryCreate(input.Url, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.UserInfo.Length > 0)
            throw JobOutcome.FailForGood("url must be an absolute address such as https://example.com/orders, without user and password.");
        if (!allowed.Allows(uri))
            throw JobOutcome.FailForGood($"url: {uri.GetLeftPart(UriPartial.Authority)} is not allowed: whoever runs Hearth adds it to Hearth:Http:Allow.");
        var method = (input.Method ?? "POST").ToUpperInvariant();
        if (!Methods.Contains(method, StringComparer.Ordinal))
            throw JobOutcome.FailForGood($"method must be one of {string.Join(", ", Methods)}.");
        var request = new HttpRequestMessage(new HttpMethod(method), uri) { Content = ContentOf(input) };
        foreach (var (name, value) in input.Headers ?? [])
            AddHeader(request, name, value);
        if (options.Authorization.TryGetValue(uri.IdnHost, out var authorization))
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (context.JobId is not null && method is "POST" or "PATCH" && !request.Headers.Contains("Idempotency-Key"))
            request.Headers.Add("Idempotency-Key", context.JobId);
        return request;
    }

    private void AddHeader(HttpRequestMessage request, string name, string value)
    {
        if (NotTheirs.Contains(name) || (name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && options.Authorization.ContainsKey(request.RequestUri!.IdnHost)))
            throw JobOutcome.FailForGood($"headers: '{name}' cannot be set.");
        var isOne = name.Length is > 0 and <= 100 && value is { Length: <= 8_000 } && !value.Any(char.IsControl);
        if (isOne && name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && request.Content is { } content)
        {
            content.Headers.Remove(name);
            isOne = content.Headers.TryAddWithoutValidation(name, value);
        }
        else if (isOne)
        {
            isOne = request.Headers.TryAddWithoutValidation(name, value);
        }

        if (!isOne)
            throw JobOutcome.FailForGood("headers: a name is that of a header, and a value is one line of up to 8,000 characters.");
    }

    private static HttpContent? ContentOf(HttpInput input)
    {
        if (input.Body is not null)
            return new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(input.Body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (input.Text is null)
            return null;
        return MediaTypeHeaderValue.TryParse(input.ContentType ?? "text/plain; charset=utf-8", out var type)
            ? new ByteArrayContent(Encoding.UTF8.GetBytes(input.Text)) { Headers = { ContentType = type } }
            : throw JobOutcome.FailForGood("contentType must be a media type such as text/csv.");
    }

    /// <summary>In the charset that it names, where that is known here.</summary>
    private static string TextOf(byte[] bytes, string? charset)
    {
        try
        {
            return (charset is null ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"'))).GetString(bytes);
        }
        catch (ArgumentException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static HttpOutput Output(HttpResponseMessage response, string text)
    {
        var type = response.Content.Headers.ContentType?.ToString();
        if (type?.Contains("json", StringComparison.OrdinalIgnoreCase) == true)
        {
            try
            {
                return new HttpOutput((int)response.StatusCode, type, JsonNode.Parse(text), null);
            }
            catch (JsonException)
            {
                // It says so, and is not: given as it came.
            }
        }

        return new HttpOutput((int)response.StatusCode, type, null, text.Length == 0 ? null : text);
    }

    private Exception Refused(HttpInput input, Uri uri, HttpResponseMessage response, string text)
    {
        var status = (int)response.StatusCode;
        var reason = string.Create(CultureInfo.InvariantCulture, $"{uri.Host} answered {status} {response.ReasonPhrase}: {(text.Length > ShownMax ? text[..ShownMax] : text)}");
        if (status is 429 or 503 && response.Headers.RetryAfter is { } after && (after.Delta ?? after.Date - clock.GetUtcNow()) is { } wait)
            return JobOutcome.RetryAfter(TimeSpan.FromSeconds(Math.Clamp(wait.TotalSeconds, 1, TimeSpan.FromDays(30).TotalSeconds)), reason, backOff: input.BackOff);
        return status is 408 or 425 or 429 or >= 500 ? new FunctionException(reason) : JobOutcome.FailForGood(reason);
    }

    /// <summary>Resolves the name itself and connects to what it has looked at: a name cannot lead elsewhere the second time.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var open = addresses.Where(allowed.Allows).ToArray();
        if (open.Length == 0)
            throw new BlockedAddressException($"{host} leads to an address that is not public: whoever runs Hearth can allow it by Hearth:Http:PrivateNetworks.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class BlockedAddressException(string message) : Exception(message);
}
