using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>How the operator's connection string becomes that of Hearth's connections. Nothing of it is ever shown but hosts and database.</summary>
internal static class PostgreSqlConnections
{
    private const int ApplicationNameBytesMax = 63;

    /// <summary>What the operator wrote.</summary>
    /// <exception cref="StoreUnavailableException">It is not a connection string. The message does not repeat it: a password may be in it.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        NpgsqlConnectionStringBuilder parsed;
        try
        {
            parsed = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw new StoreUnavailableException(
                "The connection string of the database is not of the form \"Host=...;Username=...;Password=...;Database=...\"; a value with a "
                + "semicolon or an equals sign stands in quotes.");
        }

        if (string.IsNullOrWhiteSpace(parsed.Host))
            throw new StoreUnavailableException("The connection string of the database names no host (Host=...).");
        return parsed;
    }

    /// <summary>For messages.</summary>
    public static string Describe(NpgsqlConnectionStringBuilder parsed) =>
        string.Create(CultureInfo.InvariantCulture, $"{parsed.Host}:{parsed.Port}/{parsed.Database ?? parsed.Username}");

    /// <summary><c>application_name</c> as the server keeps it: at most 63 bytes, and still unique.</summary>
    public static string Session(string? owner)
    {
        var name = StoredText.Clean(owner ?? "hearth " + Guid.NewGuid().ToString("N"));
        // The server replaces what is not printable ASCII, too, and would then not find it again.
        if (name.Length <= ApplicationNameBytesMax && name.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return name;
        return "hearth " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 24));
    }

    /// <summary>Hearth's own settings upon the operator's.</summary>
    /// <param name="parsed">The operator's.</param>
    /// <param name="session">Name of the sessions.</param>
    /// <param name="options">Timeouts.</param>
    /// <param name="isPooled">Whether a pooler stands between, which takes no start-up options.</param>
    public static NpgsqlConnectionStringBuilder Complete(
        NpgsqlConnectionStringBuilder parsed, string session, PostgreSqlOptions options, bool isPooled)
    {
        var complete = new NpgsqlConnectionStringBuilder(parsed.ConnectionString)
        {
            ApplicationName = session,
            Timeout = Seconds(options.ConnectTimeout),
            CommandTimeout = Seconds(options.StatementTimeout) + 5,
            // No answer is waited for after a time-out: a commit that waits for a synchronous standby answers a cancellation with success,
            // though no standby has it. So the connection is given up, and the outcome is unknown.
            CancellationTimeout = -1,
            NoResetOnClose = true,
            Enlist = false,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 5,
            TcpKeepAliveInterval = 2,
            MaxAutoPrepare = options.Prepare ?? !isPooled ? 64 : 0,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = options.ReadersMax,
            ConnectionIdleLifetime = 60,
            IncludeErrorDetail = false,
            LogParameters = false,
        };
        if (complete.Host!.Contains(','))
        {
            complete.TargetSessionAttributes = "read-write";
            complete.HostRecheckSeconds = 1;
        }

        if (!isPooled)
            complete.Options = Join(complete.Options, StartUp(options));
        return complete;
    }

    private static string StartUp(PostgreSqlOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"-c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} -c idle_in_transaction_session_timeout={(long)options.IdleInTransactionTimeout.TotalMilliseconds} -c jit=off -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3");

    private static string Join(string? first, string second) => string.IsNullOrEmpty(first) ? second : $"{second} {first}";

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
}
