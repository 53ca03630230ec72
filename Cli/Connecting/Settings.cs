using Hearth.Client;

namespace Hearth.Cli.Connecting;

/// <summary>Whom to ask, and with which key: the command line first, then the environment, then the configuration file.</summary>
/// <param name="Url">Address of a silo.</param>
/// <param name="Key">The key; null: none.</param>
/// <param name="RetryFor">As asked for; null: nothing was said.</param>
/// <param name="KeyHint">Why there is no key although a file has one; null: there is no such reason.</param>
internal sealed record Settings(Uri Url, string? Key, TimeSpan? RetryFor, string? KeyHint)
{
    private static readonly Uri Default = new("http://localhost:8080");

    public static Settings Resolve(string? url, string? keyFile, TimeSpan? retryFor)
    {
        var file = ConfigFile.Load();
        var (text, where) = url is not null ? (url, "--url") : Environment.GetEnvironmentVariable("HEARTH_URL") is { Length: > 0 } variable
            ? (variable, "HEARTH_URL")
            : (file.Url, $"'url' in {ConfigFile.Path}");
        var chosen = text is null ? Default : Parse(text, where);
        var key = keyFile is not null ? PrivateFile.ReadKey(keyFile) : Environment.GetEnvironmentVariable("HEARTH_API_KEY") is { Length: > 0 } given ? given.Trim() : null;
        if (key is not null || !file.HasKey)
            return new Settings(chosen, key, retryFor, null);
        // The file's key is for the file's silo: another one must not learn it because of a mistyped address.
        var meant = file.Url is null ? Default : Parse(file.Url, $"'url' in {ConfigFile.Path}");
        return chosen == meant
            ? new Settings(chosen, file.ReadKey(), retryFor, null)
            : new Settings(chosen, null, retryFor, $"The key in {ConfigFile.Path} is for {meant} only.");
    }

    /// <exception cref="UsageException">They cannot be.</exception>
    public HearthClient Connect(TimeSpan retryUnlessSaid)
    {
        try
        {
            return new HearthClient(new HearthClientOptions
            {
                Endpoint = Url, ApiKey = Key, RetryFor = RetryFor ?? retryUnlessSaid, CallTimeout = TimeSpan.FromHours(24),
            });
        }
        catch (ArgumentException)
        {
            throw new UsageException("The key cannot be one: use it as 'admin-key' printed it, one line of printable characters.");
        }
    }

    private static Uri Parse(string text, string where) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 && url.UserInfo.Length == 0
            ? url
            : throw new UsageException($"{where}: '{text}' is not an address of a silo: write it as http://host:8080.");
}
