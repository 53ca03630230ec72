using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Hearth.Client.Cluster;

/// <summary>Connects an application to a cluster of silos.</summary>
public static class HearthClusterClientHosting
{
    /// <summary>
    /// Adds Orleans' client, connected to the silos on a database, and <see cref="IHearthClient"/> over it. The silos need a gateway (<c>--silo-gateway</c>), and
    /// the application has to read their database: their addresses and the certificate by which they know one another are there.
    /// </summary>
    /// <param name="builder">The application's.</param>
    /// <param name="database">Connection string of the silos' PostgreSQL.</param>
    /// <param name="configure">Key and time-outs; the endpoint is not used. Null: all defaults.</param>
    public static IHostApplicationBuilder AddHearthCluster(this IHostApplicationBuilder builder, string database, Action<HearthClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var certificate = new Lazy<X509Certificate2>(() => Read(database));
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = (ClusterTls.Cluster, ClusterTls.Cluster));
            client.UseTls(tls => ClusterTls.Use(tls, () => certificate.Value));
            client.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = ("Npgsql", database));
        });
        builder.Services.AddHearthClusterClient(configure);
        return builder;
    }

    private static X509Certificate2 Read(string database)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        using var command = new NpgsqlCommand("SELECT payload FROM hearth.grain_state WHERE grain = $1 AND name = $2", connection)
        {
            Parameters = { new() { Value = ClusterTls.Grain }, new() { Value = ClusterTls.Name } },
        };
        return command.ExecuteScalar() is byte[] payload
            ? X509CertificateLoader.LoadPkcs12(JsonSerializer.Deserialize<byte[]>(payload)!, password: null)
            : throw new InvalidOperationException("No silo has ever run on this database: start one first.");
    }
}
