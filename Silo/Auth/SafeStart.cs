using System.Net;
using Hearth.Hosting;

namespace Hearth.Auth;

/// <summary>What must hold before a silo listens: off loopback it has a key and TLS, or was told that a proxy does both.</summary>
internal static class SafeStart
{
    public static void Check(HearthOptions options, bool hasKey)
    {
        if (options.Port is < 0 or > 65535)
            throw new StartException($"--port {options.Port} is not a TCP port: use 1 to 65535, or 0 for a free one.");
        if (options.TlsCertificate is null != options.TlsKey is null)
            throw new StartException("--tls-certificate and --tls-key go together: give both PEM files, or neither.");
        foreach (var file in new[] { options.TlsCertificate, options.TlsKey })
        {
            if (file is not null && !File.Exists(file))
                throw new StartException($"The TLS file {file} does not exist.");
        }

        if (options.Listen != "localhost" && options.Listen != "*" && !IPAddress.TryParse(options.Listen, out _))
            throw new StartException($"--listen {options.Listen}: use localhost, an IP address, or * for all addresses.");
        if (IsLoopback(options) || options.BehindProxy)
            return;
        var missing = new List<string>();
        if (!hasKey)
            missing.Add("an admin key (make one: run this command with 'admin-key')");
        if (options.TlsCertificate is null)
            missing.Add("TLS (--tls-certificate and --tls-key)");
        if (missing.Count > 0)
        {
            throw new StartException(
                $"Hearth does not listen on {options.Listen} without {string.Join(" and ", missing)}. "
                + "If a reverse proxy in front does access control and TLS, say so with --behind-proxy.");
        }
    }

    public static bool IsLoopback(HearthOptions options) =>
        options.Listen == "localhost" || (IPAddress.TryParse(options.Listen, out var address) && IPAddress.IsLoopback(address));
}
