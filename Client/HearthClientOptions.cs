namespace Hearth.Client;

/// <summary>Where Hearth is and how patient to be.</summary>
public sealed class HearthClientOptions
{
    /// <summary>Address of a silo, or of what balances the load before several. Default <c>http://localhost:8080</c>. A path in it is kept.</summary>
    public Uri Endpoint { get; set; } = new("http://localhost:8080");

    /// <summary>The key to send; null: none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How long one try of a request may take, calls and operations aside. Default 15 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a call or an operation may take, from request to answer. Default 5 minutes.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// For how long a request that can be repeated without harm is tried; also how long events may find nobody to reconnect to. Default 30 s; zero: once.
    /// </summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What cannot be, in words for whoever configured it; null: all is well.</summary>
    internal string? Mistake()
    {
        if (Endpoint is not { IsAbsoluteUri: true, Scheme: "http" or "https" } || Endpoint.Query.Length > 0 || Endpoint.UserInfo.Length > 0)
            return "Endpoint must be an http or https address such as http://localhost:8080, without query and user.";
        if (ApiKey is { } key && (key.Length == 0 || key.Any(c => c is <= ' ' or > '~')))
            return "ApiKey must be printable ASCII characters without spaces: use the key as it was printed.";
        if (RequestTimeout <= TimeSpan.Zero || CallTimeout <= TimeSpan.Zero)
            return "RequestTimeout and CallTimeout must be above zero.";
        return RetryFor < TimeSpan.Zero ? "RetryFor must not be negative; zero means one try." : null;
    }
}
