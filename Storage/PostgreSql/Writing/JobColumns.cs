using System.Text;
using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>Rows of <c>job</c>, and of <c>inbox</c>, which has the same.</summary>
internal class JobColumns : Columns
{
    private readonly List<int> shards;
    private readonly List<int> checksums;
    private readonly List<string> functions;
    private readonly List<string?> contentTypes;
    private readonly List<ReadOnlyMemory<byte>> inputs;

    // Most batches have jobs without any of these, and are sent without these columns.
    private readonly List<DateTime?> due;
    private readonly List<DateTime?> expires;
    private readonly List<short?> priorities;
    private readonly List<string?> options;
    private readonly List<string?> tags;

    private readonly Statement? plain;
    private readonly Statement? full;
    private string lastFunction = "";

    public JobColumns(Fence fence)
        : this()
    {
        plain = new Statement(SqlText.InsertJobs, fence, [.. Plain()]);
        full = new Statement(SqlText.InsertJobsWithOptions, fence, [.. Plain(), .. Optional()]);
    }

    protected JobColumns()
    {
        shards = Column<int>();
        checksums = Column<int>();
        functions = Column<string>();
        contentTypes = Column<string?>();
        inputs = Column<ReadOnlyMemory<byte>>();
        due = Column<DateTime?>();
        expires = Column<DateTime?>();
        priorities = Column<short?>();
        options = Column<string?>();
        tags = Column<string?>();
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again)
    {
        if (options.Count == 0)
            return plain!.Command(connection, again);
        PadOptional(Count);
        return full!.Command(connection, again);
    }

    public void Add(int shard, JobId id, JobSpec spec)
    {
        var function = ReferenceEquals(spec.Function, lastFunction) ? lastFunction : StoredText.Clean(spec.Function);
        var contentType = ReferenceEquals(spec.ContentType, StoredText.Json) ? StoredText.Json : StoredText.Clean(spec.ContentType);
        var kept = spec.Options is null ? null : StoredOptions.Write(spec.Options);
        checksums.Add(RowChecksum.OfJob(id, function, contentType, kept, spec.Input.Span));
        shards.Add(shard);
        functions.Add(function);
        contentTypes.Add(StoredText.JobContentType(contentType));
        inputs.Add(spec.Input);
        if (spec.Options is { } asked)
            AddOptions(asked, kept);
        Ids.Add(id.Value);
        lastFunction = function;
        Bytes += 44 + function.Length + spec.Input.Length + (kept?.Length ?? 0);
    }

    protected IEnumerable<NpgsqlParameter> Plain() =>
    [
        Array(Ids, NpgsqlDbType.Uuid), Array(shards, NpgsqlDbType.Integer), Array(checksums, NpgsqlDbType.Integer),
        Array(functions, NpgsqlDbType.Text), Array(contentTypes, NpgsqlDbType.Text), Array(inputs, NpgsqlDbType.Bytea),
    ];

    protected IEnumerable<NpgsqlParameter> Optional() =>
    [
        Array(due, NpgsqlDbType.TimestampTz), Array(expires, NpgsqlDbType.TimestampTz), Array(priorities, NpgsqlDbType.Smallint),
        Array(options, NpgsqlDbType.Text), Array(tags, NpgsqlDbType.Text),
    ];

    protected void PadOptional(int rows)
    {
        Pad(due, rows);
        Pad(expires, rows);
        Pad(priorities, rows);
        Pad(options, rows);
        Pad(tags, rows);
    }

    private void AddOptions(JobOptions asked, byte[]? kept)
    {
        PadOptional(Count);
        due.Add(Stored(asked.DueAt));
        expires.Add(Stored(asked.ExpiresAt));
        priorities.Add(asked.Priority == JobOptions.Default.Priority ? null : asked.Priority);
        options.Add(kept is null ? null : Encoding.UTF8.GetString(kept));
        tags.Add(StoredText.Array(asked.Tags));
    }
}

/// <summary>Rows of <c>inbox</c>, for other shards than the one that posts them.</summary>
internal sealed class PostColumns : JobColumns
{
    private readonly List<int> posters;
    private readonly Statement statement;

    public PostColumns(Fence fence)
    {
        posters = Column<int>();
        // Sent again it may be there twice; the job's key drops the second.
        statement = new Statement(
            SqlText.InsertPosts, SqlText.InsertPosts, fence, [Array(posters, NpgsqlDbType.Integer), .. Plain(), .. Optional()]);
    }

    public override NpgsqlBatchCommand Command(NpgsqlConnection connection, bool again)
    {
        PadOptional(Count);
        return statement.Command(connection, again);
    }

    public void Add(int poster, in InboxPost post)
    {
        posters.Add(poster);
        Add(post.Shard, post.Id, post.Spec);
    }
}
