using Microsoft.Extensions.Logging;

namespace Hearth.Functions;

/// <summary>What functions need of the silo that serves them.</summary>
/// <param name="Clock">The silo's clock.</param>
/// <param name="Loggers">Makes a logger a function.</param>
/// <param name="Services">Builds function classes and fills injected parameters.</param>
/// <param name="ConnectionStrings">Named connections by name.</param>
internal sealed record FunctionHost(
    TimeProvider Clock, ILoggerFactory Loggers, IServiceProvider Services, IReadOnlyDictionary<string, string> ConnectionStrings)
{
    /// <summary>The connections that a function declared.</summary>
    /// <exception cref="InvalidOperationException">One is not configured.</exception>
    public IReadOnlyDictionary<string, string> ConnectionsOf(string function, FunctionOptions options)
    {
        var missing = options.Connections.Where(name => !ConnectionStrings.ContainsKey(name)).ToList();
        return missing.Count == 0
            ? options.Connections.ToDictionary(name => name, name => ConnectionStrings[name], StringComparer.Ordinal)
            : throw new InvalidOperationException(
                $"Function '{function}' uses the connection '{missing[0]}', which is not configured: "
                + $"set Hearth__Connections__{missing[0]} (environment) or --connection {missing[0]}=... to its connection string.");
    }
}
