using Hearth.Jobs;

namespace Hearth.Hosting;

/// <summary>What a silo was told: section <c>Hearth</c> of the configuration, and the command line above it.</summary>
internal sealed record HearthOptions
{
    /// <summary>TCP port; 0 picks a free one. Default 8080.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>Address to listen on: <c>localhost</c> (default), an IP address, or <c>*</c>.</summary>
    public string Listen { get; set; } = "localhost";

    /// <summary>Folder of the SQLite database and the admin key. Default <c>data</c>.</summary>
    public string Data { get; set; } = "data";

    /// <summary>
    /// Connection string of PostgreSQL, where several silos can share it; several hosts are separated by commas. Default: SQLite in
    /// <see cref="Data"/>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>Use a PostgreSQL that may lose what it has committed (<c>fsync=off</c> and the like). For tests only.</summary>
    public bool AllowUnsafeDatabase { get; set; }

    /// <summary>Folder of executables' manifests. Default <c>functions</c>.</summary>
    public string Functions { get; set; } = "functions";

    /// <summary>PEM file of the TLS certificate chain; with <see cref="TlsKey"/>.</summary>
    public string? TlsCertificate { get; set; }

    /// <summary>PEM file of the certificate's private key.</summary>
    public string? TlsKey { get; set; }

    /// <summary>A reverse proxy in front does TLS and access control, so that neither is demanded off loopback.</summary>
    public bool BehindProxy { get; set; }

    /// <summary>SHA-256 of the admin key in hexadecimal; default: the file <c>admin-key.sha256</c> in <see cref="Data"/>.</summary>
    public string? AdminKeyHash { get; set; }

    /// <summary>Connection strings that functions may declare, by name.</summary>
    public Dictionary<string, string> Connections { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The silo's name, unique among those of its cluster. Default: machine and port, or machine and process where the port is 0.</summary>
    public string? Name { get; set; }

    /// <summary>The pools whose work it takes, separated by commas. Default <c>default</c>.</summary>
    public string? Pool { get; set; }

    /// <summary><c>frontend</c> (serves the API), <c>worker</c> (runs functions), or both, separated by a comma. Default both.</summary>
    public string? Roles { get; set; }

    /// <summary>Address and port to listen on for the other silos; always mutual TLS. Default <c>127.0.0.1:0</c>: this machine, a free port.</summary>
    public string SiloListen { get; set; } = "127.0.0.1:0";

    /// <summary>Host by which the other silos reach this one. Default: the address of <see cref="SiloListen"/>.</summary>
    public string? SiloAdvertise { get; set; }

    /// <summary>TCP port, at the address of <see cref="SiloListen"/>, for applications that embed the cluster's client; 0 picks a free one. Default: none.</summary>
    public int? SiloGateway { get; set; }

    /// <summary>How long ended jobs are kept.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>Queues by name, and what is special about them.</summary>
    public Dictionary<string, QueueOptions> Queues { get; init; } = new(StringComparer.Ordinal);
}
