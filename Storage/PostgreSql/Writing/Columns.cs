using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>
/// The rows of one kind in a batch, column by column, as array parameters of one statement. Lists are kept from batch to batch, so that
/// a row costs no object; its payload is not copied before the driver writes it.
/// </summary>
internal abstract class Columns
{
    private const string Again = "\nON CONFLICT DO NOTHING";

    private readonly List<Action<int>> truncations = [];
    private readonly Func<int> count;

    protected Columns()
    {
        Ids = Column<Guid>();
        count = () => Ids.Count;
    }

    /// <summary>How many rows there are.</summary>
    public int Count => count();

    /// <summary>Text, functions and payload among them.</summary>
    public long Bytes { get; protected set; }

    protected List<Guid> Ids { get; }

    /// <summary>The statement that inserts them.</summary>
    /// <param name="connection">Where it is sent.</param>
    /// <param name="again">Whether rows may be there already.</param>
    public abstract NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again);

    /// <summary>Forgets all rows but the first; what a row that could not be added has left among them.</summary>
    public void Truncate(int rows, long bytes)
    {
        foreach (var truncate in truncations)
            truncate(rows);
        Bytes = bytes;
    }

    protected List<T> Column<T>()
    {
        var column = new List<T>();
        truncations.Add(rows =>
        {
            if (column.Count > rows)
                column.RemoveRange(rows, column.Count - rows);
        });
        return column;
    }

    /// <summary>Fills a column up that few rows have a value in.</summary>
    protected static void Pad<T>(List<T?> column, int rows)
    {
        while (column.Count < rows)
            column.Add(default);
    }

    /// <summary>Whole microseconds, rounded down; the driver rounds towards the year 2000.</summary>
    internal static DateTime Stored(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    protected static DateTime? Stored(DateTimeOffset? time) => time is { } known ? Stored(known) : null;

    protected static NpgsqlParameter Array<T>(List<T> column, NpgsqlDbType type) =>
        new NpgsqlParameter<List<T>> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type };

    /// <summary>A statement with its variant for a second try.</summary>
    protected sealed class Statement
    {
        private readonly string text;
        private readonly string textAgain;
        private readonly NpgsqlParameter[] parameters;
        private NpgsqlBatchCommand command = new();
        private NpgsqlConnection? preparedOn;

        public Statement(string text, Fence fence, params ReadOnlySpan<NpgsqlParameter> columns)
            : this(text, text + Again, fence, columns)
        {
        }

        public Statement(string text, string textAgain, Fence fence, params ReadOnlySpan<NpgsqlParameter> columns)
        {
            this.text = text;
            this.textAgain = textAgain;
            parameters = [Array(fence.Shards, NpgsqlDbType.Integer), Array(fence.Epochs, NpgsqlDbType.Bigint), .. columns];
        }

        /// <summary>The same object as long as neither text nor connection changes: Npgsql keeps in it what was prepared.</summary>
        public NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again)
        {
            var wanted = again ? textAgain : text;
            if (preparedOn == connection && ReferenceEquals(command.CommandText, wanted))
                return command;
            command.Parameters.Clear();
            command = new NpgsqlBatchCommand(wanted);
            foreach (var parameter in parameters)
                command.Parameters.Add(parameter);
            preparedOn = connection;
            return command;
        }
    }
}

/// <summary>The shards of a batch and the epoch that each write was made under.</summary>
internal sealed class Fence
{
    private readonly Dictionary<int, long> epochs = [];

    public List<int> Shards { get; } = [];

    public List<long> Epochs { get; } = [];

    /// <returns>False when the shard is there with another epoch.</returns>
    public bool TryAdd(int shard, long epoch)
    {
        if (epochs.TryGetValue(shard, out var known))
            return known == epoch;
        epochs.Add(shard, epoch);
        Shards.Add(shard);
        Epochs.Add(epoch);
        return true;
    }

    /// <summary>Whether the stored epoch is the one written under.</summary>
    public bool Holds(int shard, long stored) => epochs[shard] == stored;

    public void Clear()
    {
        epochs.Clear();
        Shards.Clear();
        Epochs.Clear();
    }
}
