using System.Text;
using Hearth.Storage.Sqlite;
using static Hearth.Storage.Sqlite.SqliteNative;

namespace Hearth.Bench.Jobs;

/// <summary>SQLite's C interface, prepared statements and one transaction a batch.</summary>
internal sealed unsafe class SqliteFloorWriter : IFloorWriter
{
    private const long Epoch = 1;

    private readonly nint database;
    private readonly nint begin;
    private readonly nint commit;
    private readonly nint epoch;
    private readonly nint job;
    private readonly nint end;
    private readonly byte[] function = GC.AllocateUninitializedArray<byte>(HearthSubject.Function.Length, pinned: true);
    private readonly byte[] id = GC.AllocateUninitializedArray<byte>(16, pinned: true);

    public SqliteFloorWriter(string path, string key = "floor")
    {
        _ = SqliteLibrary.IsSystem;
        Encoding.UTF8.GetBytes(HearthSubject.Function, function);
        fixed (byte* file = Utf8(path))
            Check(sqlite3_open_v2(file, out database, OpenReadWrite | OpenNoMutex, null));
        Execute($"PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; INSERT INTO shard (number, key, epoch, owner) VALUES (1, '{key}', 1, 'floor')");
        begin = Prepare("BEGIN IMMEDIATE");
        commit = Prepare("COMMIT");
        epoch = Prepare("SELECT epoch FROM shard WHERE number = ?");
        job = Prepare(
            """
            INSERT INTO job (shard, id, function, content_type, priority, checksum, input) VALUES (?, ?, ?, 'application/json', 3, 0, ?)
            """);
        end = Prepare(
            """
            INSERT INTO job_end (shard, id, state, attempt, started_at, ended_at, checksum, result) VALUES (?, ?, 5, 1, ?, ?, 0, x'')
            """);
    }

    public int Shard => 1;

    public int StatementsOf(FloorBatch batch) => 3 + batch.Rows;

    public ValueTask WriteAsync(FloorBatch batch)
    {
        Run(begin);
        Check(sqlite3_bind_int64(epoch, 1, Shard));
        if (sqlite3_step(epoch) != Row || sqlite3_column_int64(epoch, 0) != Epoch)
            throw new InvalidOperationException("Another epoch.");
        Check(sqlite3_reset(epoch));
        WriteJobs(batch);
        WriteEnds(batch);
        Run(commit);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var statement in new[] { begin, commit, epoch, job, end })
            _ = sqlite3_finalize(statement);
        _ = sqlite3_close_v2(database);
        return ValueTask.CompletedTask;
    }

    private void WriteJobs(FloorBatch batch)
    {
        fixed (byte* name = function, place = id)
        {
            Check(sqlite3_bind_int64(job, 1, Shard));
            Check(BindTextInPlace(job, 3, name, function.Length, Static));
            foreach (var (jobId, input) in batch.Jobs)
            {
                jobId.Write(id);
                Check(BindBlobInPlace(job, 2, place, 16, Static));
                fixed (byte* payload = input)
                {
                    Check(BindBlobInPlace(job, 4, payload, input.Length, Static));
                    Run(job);
                }
            }
        }
    }

    private void WriteEnds(FloorBatch batch)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
        fixed (byte* place = id)
        {
            Check(sqlite3_bind_int64(end, 1, Shard));
            Check(sqlite3_bind_int64(end, 3, now));
            Check(sqlite3_bind_int64(end, 4, now));
            foreach (var jobId in batch.Ends)
            {
                jobId.Write(id);
                Check(BindBlobInPlace(end, 2, place, 16, Static));
                Run(end);
            }
        }
    }

    private nint Prepare(string sql)
    {
        fixed (byte* text = Utf8(sql))
        {
            Check(sqlite3_prepare_v3(database, text, -1, PreparePersistent, out var statement, 0));
            return statement;
        }
    }

    private void Execute(string sql)
    {
        fixed (byte* text = Utf8(sql))
            Check(sqlite3_exec(database, text, 0, 0, 0));
    }

    private static void Run(nint statement)
    {
        var code = sqlite3_step(statement);
        _ = sqlite3_reset(statement);
        if (code != Done)
            throw new InvalidOperationException($"SQLite answered {code}.");
    }

    private static void Check(int code)
    {
        if (code != Ok)
            throw new InvalidOperationException($"SQLite answered {code}.");
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
