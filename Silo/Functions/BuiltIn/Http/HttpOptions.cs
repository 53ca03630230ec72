using System.Net;
using Hearth.Hosting;

namespace Hearth.Functions.BuiltIn;

/// <summary>Where the function <c>http</c> may go: section <c>Hearth:Http</c>. Nowhere by default, and then it is not served.</summary>
internal sealed class HttpOptions
{
    /// <summary>
    /// Origins: <c>https://api.example.com</c>, with a port where it is not 443, <c>https://*.example.com</c> for all below a name. <c>http://</c> only where it is
    /// written so.
    /// </summary>
    public IList<string> Allow { get; init; } = [];

    /// <summary>Networks that are not public, such as <c>10.1.0.0/16</c>, to which connections are made nevertheless.</summary>
    public IList<string> PrivateNetworks { get; init; } = [];

    /// <summary>Values of the header <c>Authorization</c> by host: they go there only, and no job names them.</summary>
    public Dictionary<string, string> Authorization { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Largest answer, in bytes. Default 1 MiB, at most 16.</summary>
    public int AnswerBytesMax { get; set; } = 1 << 20;

    /// <summary>Requests at once, on a silo. Default 64.</summary>
    public int Concurrency { get; set; } = 64;

    /// <exception cref="StartException">Something cannot be; the message names it.</exception>
    public void Check()
    {
        if (AnswerBytesMax is < 1 or > 16 << 20)
            throw new StartException("Hearth:Http:AnswerBytesMax must be 1 to 16777216.");
        if (Concurrency is < 1 or > 10_000)
            throw new StartException("Hearth:Http:Concurrency must be 1 to 10,000.");
        foreach (var network in PrivateNetworks)
        {
            if (!IPNetwork.TryParse(network, out _))
                throw new StartException($"Hearth:Http:PrivateNetworks: '{network}' is no network: write it as 10.1.0.0/16 or fd00::/8.");
        }
    }
}
