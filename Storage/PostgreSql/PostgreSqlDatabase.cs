using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>
/// A PostgreSQL database that Hearth keeps its state in: one or several hosts, of which the one that can be written is used, directly or
/// behind a pooler in transaction mode.
/// </summary>
public sealed partial class PostgreSqlDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource readers;
    private readonly NpgsqlDataSource writers;
    private readonly NpgsqlDataSource members;
    private readonly ITimer heartbeat;
    private Task beating = Task.CompletedTask;
    private bool isLost;

    private PostgreSqlDatabase(Opening opening, ServerCheck server)
    {
        (Options, Time, Logger, Session, Description, IsPooled) =
            (opening.Options, opening.Time, opening.Logger, opening.Session, opening.Description, server.IsPooled);
        readers = opening.Source(server.IsPooled, isPooling: true);
        writers = opening.Source(server.IsPooled, isPooling: false);
        members = opening.Source(server.IsPooled, isPooling: false, SiloLease.AnswerMax);
        Clock = new StoreClock(Time);
        Clock.Sample(server.Clock);
        heartbeat = Time.CreateTimer(_ => Beat(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Hosts and database, for messages.</summary>
    public string Description { get; }

    /// <summary>Whether a pooler such as PgBouncer stands between: nothing stays prepared then, and nobody listens.</summary>
    public bool IsPooled { get; }

    internal PostgreSqlOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    /// <summary><c>application_name</c> of the sessions.</summary>
    internal string Session { get; }

    internal StoreClock Clock { get; }

    internal StoreTally Tally { get; } = new();

    /// <summary>Connects, checks the server and makes the tables where the role may.</summary>
    /// <param name="connectionString">As Npgsql takes it; several hosts are separated by commas.</param>
    /// <param name="time">The clock of waits; what is stored is on the database's.</param>
    /// <param name="logger">Where to tell of lost connections.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUnavailableException">The message is a sentence that says why and what to do.</exception>
    public static async Task<PostgreSqlDatabase> OpenAsync(
        string connectionString, TimeProvider time, ILogger logger, PostgreSqlOptions? options = null, CancellationToken cancellationToken = default)
    {
        var opening = new Opening(PostgreSqlConnections.Parse(connectionString), time, logger, options ?? PostgreSqlOptions.Default);
        try
        {
            // Without start-up options, which poolers refuse: they are what this connection finds out.
            await using var source = opening.Source(isPooled: true, isPooling: false);
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            var server = await ServerCheck.RunAsync(connection, opening.Options.AllowUnsafe, cancellationToken);
            await PostgreSqlMigrations.AtStartAsync(connection, opening.Options.Migrate, cancellationToken);
            return new PostgreSqlDatabase(opening, server);
        }
        catch (Exception e) when (Failures.IsOfConnection(e) || Failures.HasRolledBack(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new StoreUnavailableException($"{opening.Description}: {Failures.Unavailable(e).Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await heartbeat.DisposeAsync();
        await beating;
        await members.DisposeAsync();
        await writers.DisposeAsync();
        await readers.DisposeAsync();
    }

    /// <summary>A connection of its own, outside any pool.</summary>
    internal async ValueTask<NpgsqlConnection> ConnectWriterAsync(CancellationToken cancellationToken = default) =>
        await writers.OpenConnectionAsync(cancellationToken);

    /// <summary>
    /// A connection outside any pool that is used by blocking calls and gives up soon: a heartbeat neither waits behind others nor for a thread.
    /// </summary>
    internal NpgsqlConnection ConnectMember() => members.OpenConnection();

    /// <summary>Runs something that only reads, or that may be done twice.</summary>
    internal async Task<T> AskAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> statements, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await using var connection = await readers.OpenConnectionAsync(cancellationToken);
                return await statements(connection, cancellationToken);
            }
            catch (NpgsqlException e) when (tries == 0 && Failures.HasEndedSession(e))
            {
                // It was ended while nobody used it, as all others of the pool may have been: the next one is new.
                readers.Clear();
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && (Failures.IsOfConnection(e) || Failures.HasRolledBack(e)))
            {
                throw Failures.Unavailable(e);
            }
        }
    }

    /// <summary>Rows of one statement.</summary>
    internal Task<List<T>> ListAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        AskAsync(
            async (connection, token) =>
            {
                await using var command = Command(connection, sql, parameters);
                await using var reader = await command.ExecuteReaderAsync(token);
                var rows = new List<T>();
                while (await reader.ReadAsync(token))
                    rows.Add(read(reader));
                return rows;
            },
            cancellationToken);

    /// <summary>Rows of one statement that walks along a key.</summary>
    internal Task<List<T>> ListByKeyAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        AskAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                Bind.Add(batch, SqlText.ByKey);
                Bind.Add(batch, sql, parameters);
                await using var reader = await batch.ExecuteReaderAsync(token);
                await reader.NextResultAsync(token);
                var rows = new List<T>();
                while (await reader.ReadAsync(token))
                    rows.Add(read(reader));
                return rows;
            },
            cancellationToken);

    /// <summary>Rows changed by one statement that may be run twice.</summary>
    internal Task<int> ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => AskAsync(
        async (connection, token) =>
        {
            await using var command = Command(connection, sql, parameters);
            return await command.ExecuteNonQueryAsync(token);
        },
        cancellationToken);

    /// <summary>What is sent as it happens, until the connection ends.</summary>
    internal async IAsyncEnumerable<string> ListenAsync(string channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await ConnectWriterAsync(cancellationToken);
        var heard = new Queue<string>();
        connection.Notification += (_, notification) => heard.Enqueue(notification.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN " + channel, connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
            while (heard.TryDequeue(out var payload))
                yield return payload;
        }
    }

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter.Collection is null ? parameter : parameter.Clone());
        return command;
    }

    private void Beat()
    {
        if (beating.IsCompleted)
            beating = BeatAsync();
    }

    private async Task BeatAsync()
    {
        try
        {
            var now = await ListAsync(SqlText.Clock, [], reader => reader.GetDateTime(0), CancellationToken.None);
            Clock.Sample(now[0]);
            if (isLost)
                LogFound(Logger, Description);
            isLost = false;
        }
        catch (Exception e) when (e is StoreUnavailableException or ObjectDisposedException)
        {
            if (!isLost)
                LogLost(Logger, Description, e.Message);
            isLost = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database {Database} does not answer: {Reason}")]
    private static partial void LogLost(ILogger logger, string database, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database {Database} answers again")]
    private static partial void LogFound(ILogger logger, string database);

    private sealed record Opening(NpgsqlConnectionStringBuilder Parsed, TimeProvider Time, ILogger Logger, PostgreSqlOptions Options)
    {
        public string Session { get; } = PostgreSqlConnections.Session(Options.Owner);

        public string Description { get; } = PostgreSqlConnections.Describe(Parsed);

        /// <param name="isPooled">Whether a pooler stands between.</param>
        /// <param name="isPooling">Whether connections are kept for the next who asks.</param>
        /// <param name="answerMax">When the client gives up, without asking the server to cancel; null: as the options say.</param>
        public NpgsqlDataSource Source(bool isPooled, bool isPooling, TimeSpan? answerMax = null)
        {
            var complete = PostgreSqlConnections.Complete(Parsed, Session, Options, isPooled);
            complete.Pooling = isPooling;
            if (answerMax is { } max)
                (complete.Timeout, complete.CommandTimeout, complete.CancellationTimeout) = ((int)max.TotalSeconds, (int)max.TotalSeconds, -1);
            return new NpgsqlDataSourceBuilder(complete.ConnectionString).Build();
        }
    }
}
