using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>Rows of <c>permit</c>.</summary>
internal sealed class PermitColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<DateTime> at;
    private readonly List<int> counts;
    private readonly List<DateTime> keptUntil;
    private readonly Statement statement;

    public PermitColumns(Fence fence)
    {
        shards = Column<int>();
        at = Column<DateTime>();
        counts = Column<int>();
        keptUntil = Column<DateTime>();
        statement = new Statement(
            SqlText.InsertPermits, fence, Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer), Array(at, NpgsqlDbType.TimestampTz),
            Array(counts, NpgsqlDbType.Integer), Array(keptUntil, NpgsqlDbType.TimestampTz));
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again) => statement.Command(connection, again);

    public void Add(int shard, in PermitRow row)
    {
        shards.Add(shard);
        at.Add(Stored(row.At));
        counts.Add(row.Count);
        keptUntil.Add(Stored(row.KeptUntil));
        Ids.Add(row.Scope);
        Bytes += 40;
    }
}
