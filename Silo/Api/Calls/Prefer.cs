using System.Globalization;

namespace Hearth.Api.Calls;

/// <summary>What the caller prefers (RFC 7240).</summary>
/// <param name="Async">Answer 202 at once (<c>respond-async</c>).</param>
/// <param name="Wait">Answer with the result if the job ends in this time (<c>wait=10</c>, seconds), else 202.</param>
internal readonly record struct Prefer(bool Async, TimeSpan? Wait)
{
    private const int WaitSecondsMax = 300;

    public bool WantsJob => Async || Wait is not null;

    /// <summary>What was applied, for <c>Preference-Applied</c>.</summary>
    public string Applied => (Async, Wait) switch
    {
        (true, { } wait) => string.Create(CultureInfo.InvariantCulture, $"respond-async, wait={wait.TotalSeconds:0}"),
        (false, { } wait) => string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:0}"),
        _ => "respond-async",
    };

    /// <summary>Reads the header; preferences that are not known are ignored, as the RFC asks.</summary>
    public static Prefer Read(HttpRequest request)
    {
        var header = request.Headers["Prefer"];
        if (header.Count == 0)
            return default;
        var (respondAsync, wait) = (false, (TimeSpan?)null);
        foreach (var preference in header.SelectMany(line => line!.Split([',', ';'], StringSplitOptions.TrimEntries)))
        {
            if (preference.Equals("respond-async", StringComparison.OrdinalIgnoreCase))
                respondAsync = true;
            else if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(preference.AsSpan(5).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                wait = TimeSpan.FromSeconds(Math.Min(seconds, WaitSecondsMax));
        }

        return new Prefer(respondAsync, wait);
    }
}
