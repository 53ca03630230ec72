using System.CommandLine;
using Hearth.Auth;

namespace Hearth.Hosting;

/// <summary>The silo's command line: serve (the default), make an admin key, or make the tables.</summary>
internal sealed class CommandLine
{
    private readonly Option<int?> port = new("--port") { Description = "TCP port to serve HTTP on; 0 picks a free one. [default: 8080]" };
    private readonly Option<string?> listen = new("--listen") { Description = "Address to listen on: localhost, an IP address, or * for all. [default: localhost]" };
    private readonly Option<string?> data = new("--data") { Description = "Folder of the SQLite database; made if it is not there. [default: ./data]" };
    private readonly Option<string?> database = new("--database")
    {
        Description = "Connection string of PostgreSQL (Host=...;Database=...;Username=...), or better in the environment: Hearth__Database, which others cannot see. [default: SQLite in the data folder]",
        HelpName = "CONNECTION-STRING",
    };

    private readonly Option<bool> allowUnsafeDatabase = new("--allow-unsafe-database")
    {
        Description = "Start on a PostgreSQL that may lose what it has committed (fsync=off, synchronous_commit=off).",
    };

    private readonly Option<string?> functions = new("--functions") { Description = "Folder of executables' manifests; watched. [default: ./functions]" };
    private readonly Option<string?> certificate = new("--tls-certificate") { Description = "PEM file of the TLS certificate chain." };
    private readonly Option<string?> key = new("--tls-key") { Description = "PEM file of the certificate's private key." };
    private readonly Option<bool> behindProxy = new("--behind-proxy") { Description = "A reverse proxy in front does TLS and access control." };
    private readonly Option<string[]> connection = new("--connection")
    {
        Description = "NAME=CONNECTION-STRING of a connection that functions may declare; can be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string?> name = new("--name") { Description = "Name of this silo in its cluster. [default: MACHINE-PORT]" };
    private readonly Option<string[]> pool = new("--pool")
    {
        Description = "Pool whose work this silo takes; several by commas or by repeating it. [default: default]",
        HelpName = "POOL",
    };

    private readonly Option<string?> roles = new("--roles") { Description = "frontend (serves the API), worker (runs functions), or both. [default: frontend,worker]" };
    private readonly Option<string?> siloListen = new("--silo-listen")
    {
        Description = "Address and port to listen on for the other silos of a cluster; always mutual TLS. [default: 127.0.0.1:0]",
        HelpName = "ADDRESS:PORT",
    };

    private readonly Option<string?> siloAdvertise = new("--silo-advertise")
    {
        Description = "Host by which the other silos reach this one. [default: the address of --silo-listen]",
        HelpName = "HOST",
    };

    private readonly Option<int?> siloGateway = new("--silo-gateway")
    {
        Description = "TCP port, at the address of --silo-listen, for applications that embed the cluster's client; 0 picks a free one. Only on Orleans. [default: none]",
        HelpName = "PORT",
    };

    private readonly ParseResult result;
    private Func<HearthApplicationBuilder, HearthApplication>? chosen;

    private CommandLine(string[] args)
    {
        var root = new RootCommand("Hearth turns an algorithm into a service that stays up: it serves functions over HTTP as calls and as durable jobs.")
        {
            port, listen, data, database, allowUnsafeDatabase, functions, certificate, key, behindProxy, connection, name, pool, roles,
            siloListen, siloAdvertise, siloGateway,
        };
        root.SetAction(_ => chosen = builder => SiloHost.Build(builder, Options(builder)));
        var adminKey = new Command("admin-key", "Makes a new admin key, prints it once and stores its hash in the data folder. From the next start on every request needs it.")
        {
            data,
        };
        adminKey.SetAction(_ => chosen = builder => new HearthApplication(null, _ => Task.FromResult(AdminKeyFile.Create(Options(builder).Data))));
        root.Subcommands.Add(adminKey);
        root.Subcommands.Add(Migrate());
        result = root.Parse(args);
    }

    private Command Migrate()
    {
        var script = new Option<bool>("--script") { Description = "Print the SQL instead of running it." };
        var role = new Option<string?>("--role") { Description = "PostgreSQL role that the silos use, if it is another: it gets the rights that they need, and no more." };
        var migrate = new Command("migrate", "Makes or upgrades the tables of the store. A silo does it by itself at start, as far as its role may.")
        {
            data, database, script, role,
        };
        migrate.SetAction(parsed => chosen = builder =>
        {
            var options = Options(builder);
            return new HearthApplication(null, _ => MigrateCommand.RunAsync(options, parsed.GetValue(role), parsed.GetValue(script)));
        });
        return migrate;
    }

    public static CommandLine Parse(string[] args) => new(args);

    /// <summary>Builds what was asked for; help, version and mistakes are printed here and leave nothing to run.</summary>
    public HearthApplication Build(HearthApplicationBuilder builder)
    {
        var code = result.Invoke();
        return chosen?.Invoke(builder) ?? new HearthApplication(null, _ => Task.FromResult(code));
    }

    private HearthOptions Options(HearthApplicationBuilder builder)
    {
        var options = new HearthOptions();
        try
        {
            builder.Configuration.GetSection("Hearth").Bind(options);
        }
        catch (InvalidOperationException e)
        {
            throw new StartException($"A setting cannot be read: {e.Message}", e);
        }

        options.Port = result.GetValue(port) ?? options.Port;
        options.Listen = result.GetValue(listen) ?? options.Listen;
        options.Data = result.GetValue(data) ?? options.Data;
        options.Database = result.GetValue(database) ?? options.Database;
        options.AllowUnsafeDatabase |= result.GetValue(allowUnsafeDatabase);
        options.Functions = result.GetValue(functions) ?? options.Functions;
        options.TlsCertificate = result.GetValue(certificate) ?? options.TlsCertificate;
        options.TlsKey = result.GetValue(key) ?? options.TlsKey;
        options.BehindProxy |= result.GetValue(behindProxy);
        options.Name = result.GetValue(name) ?? options.Name;
        options.Pool = result.GetValue(pool) is { Length: > 0 } pools ? string.Join(',', pools) : options.Pool;
        options.Roles = result.GetValue(roles) ?? options.Roles;
        options.SiloListen = result.GetValue(siloListen) ?? options.SiloListen;
        options.SiloAdvertise = result.GetValue(siloAdvertise) ?? options.SiloAdvertise;
        options.SiloGateway = result.GetValue(siloGateway) ?? options.SiloGateway;
        foreach (var pair in result.GetValue(connection) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
                throw new StartException("--connection: write it as NAME=CONNECTION-STRING."); // without the value, which may hold a password
            options.Connections[pair[..at]] = pair[(at + 1)..];
        }

        return options;
    }
}

/// <summary>The silo cannot start as it was told; the message is for the person who told it.</summary>
internal sealed class StartException(string message, Exception? innerException = null) : Exception(message, innerException);
