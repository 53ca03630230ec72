using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Embedded;

/// <summary>How silos talk to one another. Only used where the host has an <see cref="IGrainLocator"/>.</summary>
public sealed class SiloConnectionOptions
{
    /// <summary>Where to listen for other silos. Default: loopback.</summary>
    public IPAddress ListenAddress { get; set; } = IPAddress.Loopback;

    /// <summary>The TCP port to listen on. Default: 0, any free one, which <see cref="SiloListener.Port"/> tells.</summary>
    public int Port { get; set; }

    /// <summary>This silo's certificate with its private key. No default: without one the silo does not start.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Calls to one silo that may be unanswered; more are refused at once. Default: 20,000.</summary>
    public int CallsMax { get; set; } = 20_000;

    /// <summary>Bytes that may wait to be sent to one silo; with more, further calls are refused at once. Default: 128 MiB.</summary>
    public long QueuedBytesMax { get; set; } = 128L << 20;

    /// <summary>Requests of one silo that may be unanswered here; with more, nothing further is read from it. Default: 20,000.</summary>
    public int UnansweredMax { get; set; } = 20_000;
}
