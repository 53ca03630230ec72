using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>
/// Says where grains live and how silos are reached; the host has one when there can be several silos, and registers it before
/// <c>UseOrleans</c>. Without one every grain lives here.
/// </summary>
public interface IGrainLocator
{
    /// <summary>The id of this silo.</summary>
    string Self { get; }

    /// <summary>Version of the view that the answers come from; grows.</summary>
    long Version { get; }

    /// <summary>The silo that a grain lives on; null when none qualifies. Classes without a placement of their own live here.</summary>
    /// <param name="strategy">Of the grain's class; null when it has none.</param>
    /// <param name="key">The grain's key.</param>
    string? Locate(PlacementStrategy? strategy, string key);

    /// <summary>The living silos that may still have an activation of a grain that lives here, because silos came or drained lately.</summary>
    IEnumerable<string> FormerHomes(PlacementStrategy? strategy, string key);

    /// <summary>Where a living silo listens for others; null when it does not live.</summary>
    SiloEndpoint? EndpointOf(string silo);

    /// <summary>The silo whose certificate has this SHA-256; null when no living one does.</summary>
    string? SiloOfCertificate(ReadOnlySpan<byte> sha256);

    /// <summary>Reads the view anew unless it is at least of this version. Does not throw; when the view cannot be read it is as it was.</summary>
    Task RefreshAsync(long version, CancellationToken cancellationToken);

    /// <summary>A silo has refused a connection: nobody listens there.</summary>
    void Refused(string silo);

    /// <summary>Raised after the view has changed. Handlers return at once.</summary>
    event Action? Changed;
}

/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="CertificateSha256">Of the only certificate to accept there.</param>
public sealed record SiloEndpoint(string Host, int Port, ReadOnlyMemory<byte> CertificateSha256);
