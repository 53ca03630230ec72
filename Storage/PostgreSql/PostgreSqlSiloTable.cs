using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql;

/// <summary>The silos in <c>hearth.silo</c>, over one connection of its own.</summary>
public sealed class PostgreSqlSiloTable(PostgreSqlDatabase database) : ISiloTable
{
    public const string Channel = "hearth_silos";

    private readonly Lock gate = new();
    private NpgsqlConnection? connection;

    public SiloHolder? Register(SiloRegistration silo, string? superseded = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        Run(batch =>
        {
            Bind.Add(batch, SqlText.SiloForget, Bind.Of(SiloLease.EndedKept));
            if (superseded is not null)
                Bind.Add(batch, SqlText.SiloSupersede, Bind.Of(superseded), Bind.Of(silo.Name), Bind.Of(SiloLease.EarlyDeathAfter));
            Bind.Add(
                batch, SqlText.SiloRegister, Bind.Of(silo.Id), Bind.Of(silo.Name), Bind.OfMany([.. silo.Pools], NpgsqlDbType.Text), Bind.Of(silo.Roles),
                Bind.Of(silo.Host), Bind.Of(silo.Port), Bind.Of(silo.Certificate), Bind.Of(silo.Version));
        });
        // After the insert has committed or lost to another: a statement of its own, which sees either.
        return Ask(
            batch => Bind.Add(batch, SqlText.SiloHolder, Bind.Of(silo.Name), Bind.Of(silo.Id)),
            reader => reader.Read()
                ? new SiloHolder(
                    reader.GetString(0), reader.GetString(1), reader.GetInt32(2), Text(reader, 3), Rows.Time(reader, 4), reader.GetTimeSpan(5))
                : null);
    }

    public SiloTableRead? Renew(string id, SiloBeat beat)
    {
        var read = Ask(
            batch => Bind.Add(
                batch, SqlText.SiloRenew, Bind.Of(id), Bind.Of(beat.Running), Bind.Of(beat.Waiting), Bind.OfNullable(beat.Http), Bind.Of(SiloLease.GapMax)),
            ReadAll);
        return read.Silos.Any(silo => silo.Id == id) ? read : null;
    }

    public SiloTableRead Read() => Ask(batch => Bind.Add(batch, SqlText.SiloRead), ReadAll);

    public bool Drain(string id) => Run(batch => Bind.Add(batch, SqlText.SiloDrain, Bind.Of(id))) > 0;

    public void Refuse(string id, string by) => Run(batch => Bind.Add(batch, SqlText.SiloRefuse, Bind.Of(id), Bind.Of(by)));

    public bool DeclareDead(string id, string by) => Run(batch => Bind.Add(
        batch, SqlText.SiloDeclare, Bind.Of(id), Bind.Of(by), Bind.Of(SiloLease.Length), Bind.Of(SiloLease.EarlyDeathAfter), Bind.Of(SiloLease.GapMax))) > 0;

    public void Leave(string id) => Run(batch => Bind.Add(batch, SqlText.SiloLeave, Bind.Of(id)));

    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (database.IsPooled)
            yield break;
        await foreach (var payload in database.ListenAsync(Channel, cancellationToken))
        {
            if (long.TryParse(payload, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                yield return version;
        }
    }

    public void Dispose()
    {
        lock (gate)
            Forget();
    }

    private static SiloTableRead ReadAll(NpgsqlDataReader reader)
    {
        var (version, now) = (0L, default(DateTimeOffset));
        var silos = new List<SiloRow>();
        while (reader.Read())
        {
            (version, now) = (reader.GetInt64(0), Rows.Time(reader, 1));
            if (!reader.IsDBNull(2))
                silos.Add(Row(reader));
        }

        return new SiloTableRead(version, now, silos);
    }

    private static SiloRow Row(NpgsqlDataReader reader) => new(
        new SiloRegistration(
            reader.GetString(2), reader.GetString(3), reader.GetFieldValue<string[]>(4), reader.GetInt32(5), reader.GetString(6), reader.GetInt32(7),
            reader.GetFieldValue<byte[]>(8), reader.GetString(9)),
        reader.GetInt16(10) == (int)SiloRowStatus.Draining, new SiloBeat(reader.GetInt32(11), reader.GetInt32(12), Text(reader, 13)),
        Rows.Time(reader, 14), Rows.Time(reader, 15), Rows.Time(reader, 16), reader.GetFieldValue<string[]>(17));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private int Run(Action<NpgsqlBatch> statements) => Use(batch =>
    {
        statements(batch);
        return batch.ExecuteNonQuery();
    });

    private T Ask<T>(Action<NpgsqlBatch> statements, Func<NpgsqlDataReader, T> read) => Use(batch =>
    {
        statements(batch);
        using var reader = batch.ExecuteReader();
        return read(reader);
    });

    private T Use<T>(Func<NpgsqlBatch, T> action)
    {
        lock (gate)
        {
            for (var tries = 0; ; tries++)
            {
                var isOld = connection is not null;
                try
                {
                    connection ??= database.ConnectMember();
                    using var batch = new NpgsqlBatch(connection);
                    return action(batch);
                }
                catch (NpgsqlException e) when (isOld && tries == 0 && Failures.HasEndedSession(e))
                {
                    Forget(); // ended while nobody used it; every statement here may be run twice
                }
                catch (Exception e) when (Failures.IsOfConnection(e) || Failures.HasRolledBack(e))
                {
                    Forget();
                    throw Failures.Unavailable(e);
                }
            }
        }
    }

    private void Forget()
    {
        connection?.Dispose();
        connection = null;
    }
}
