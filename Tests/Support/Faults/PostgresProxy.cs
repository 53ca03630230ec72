namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A proxy that reads the PostgreSQL protocol and can cut a connection on either side of a commit, so that the client does not know whether it
/// took place. A call is a simple query, or a pipelined batch up to its Sync; it matches when one of its statements contains a text.
/// Connections must not be encrypted.
/// </summary>
public sealed class PostgresProxy : TcpProxy
{
    private readonly Lock gate = new();
    private Loss? planned;

    private PostgresProxy(int target)
        : base(target)
    {
    }

    public static new PostgresProxy Start(int target) => new(target);

    /// <summary>
    /// The server commits the next matching call, and the connection is cut before any of its reply arrives. What fails, or leaves a transaction
    /// open, does not count: its reply arrives and the loss waits for the next.
    /// </summary>
    /// <param name="sql">Part of a statement: <c>COMMIT</c>, <c>INSERT INTO job</c>.</param>
    /// <param name="skip">So many matching calls pass first.</param>
    /// <returns>Completes when it has happened.</returns>
    public Task LoseReply(string sql, int skip = 0) => Plan(new Loss(Side.Reply, sql, skip));

    /// <summary>The connection is cut before any of the next matching call reaches the server.</summary>
    /// <param name="sql">Part of a statement.</param>
    /// <param name="skip">So many matching calls pass first.</param>
    /// <returns>Completes when it has happened.</returns>
    public Task LoseRequest(string sql, int skip = 0) => Plan(new Loss(Side.Request, sql, skip));

    internal override IConversation Listen() => new PostgresConversation(this);

    /// <summary>The loss that is planned for this call, which it takes.</summary>
    internal Loss? Take(IReadOnlyCollection<string> statements)
    {
        lock (gate)
        {
            if (planned is null || !statements.Any(s => s.Contains(planned.Sql, StringComparison.OrdinalIgnoreCase)) || planned.Skip-- > 0)
                return null;
            var taken = planned;
            planned = null;
            return taken;
        }
    }

    /// <summary>For a loss that did not come about.</summary>
    internal void PutBack(Loss loss)
    {
        lock (gate)
        {
            loss.Skip = 0;
            planned ??= loss;
        }
    }

    private Task Plan(Loss loss)
    {
        lock (gate)
        {
            if (planned is not null)
                throw new InvalidOperationException("One loss at a time.");
            planned = loss;
        }

        return loss.Happened.Task;
    }

    internal enum Side
    {
        Request,
        Reply,
    }

    internal sealed class Loss(Side side, string sql, int skip)
    {
        public Side Side { get; } = side;

        public string Sql { get; } = sql;

        public int Skip { get; set; } = skip;

        public TaskCompletionSource Happened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
