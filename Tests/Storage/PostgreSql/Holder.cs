using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>A session that has run a statement in a transaction and leaves it open.</summary>
internal sealed class Holder : IDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    public Holder(string connectionString, string sql, string name = "stranger")
    {
        connection = new NpgsqlConnection($"{connectionString};Pooling=false;Application Name={name}");
        connection.Open();
        transaction = connection.BeginTransaction();
        using var command = new NpgsqlCommand(sql, connection, transaction);
        command.ExecuteNonQuery();
    }

    /// <summary>Whether the server has left it alone.</summary>
    public bool IsAlive()
    {
        try
        {
            using var command = new NpgsqlCommand("SELECT 1", connection, transaction);
            return command.ExecuteScalar() is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    public void Release() => transaction.Commit();

    public void Dispose() => connection.Dispose();
}
