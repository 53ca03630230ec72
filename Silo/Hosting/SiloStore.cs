using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Storage.Sqlite;

namespace Hearth.Hosting;

/// <summary>The store that this silo was told to use; opened before anything else starts, closed after everything else has ended.</summary>
internal sealed class SiloStore(HearthOptions options, JobsOptions jobs, TimeProvider clock, ILogger<SiloStore> logger) : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> opened = new();

    public IJobStore Jobs { get; private set; } = null!;

    public IScheduleStore Schedules { get; private set; } = null!;

    public IGrainStateStore GrainState { get; private set; } = null!;

    /// <summary>Which silos share the store; null on SQLite, which serves one.</summary>
    public ISiloTable? Silos { get; private set; }

    /// <summary>The database that applications may submit in transactions of their own; null on SQLite.</summary>
    public PostgreSqlDatabase? PostgreSql { get; private set; }

    /// <summary>What it is, for the person who started the silo. Without secrets.</summary>
    public string Description { get; private set; } = "";

    /// <summary>Opens it, making its tables where they are missing.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be used; the message says why and what to do.</exception>
    public async Task OpenAsync()
    {
        if (options.Database is null)
            OpenSqlite();
        else
            await OpenPostgreSqlAsync(options.Database);
    }

    public async ValueTask DisposeAsync()
    {
        while (opened.TryPop(out var next))
            await next.DisposeAsync();
    }

    private void OpenSqlite()
    {
        var folder = DataFolder.Take(options.Data);
        opened.Push(new Closing(folder));
        var database = SqliteDatabase.Open(folder.Database);
        opened.Push(database);
        var store = new SqliteJobStore(database, clock);
        Jobs = store;
        Schedules = new SqliteScheduleStore(database, store, clock);
        GrainState = new SqliteGrainStateStore(database, clock);
        Description = $"SQLite {SqliteLibrary.Version} in {Path.GetFullPath(options.Data)}";
    }

    private async Task OpenPostgreSqlAsync(string connectionString)
    {
        DataFolder.Make(Path.GetFullPath(options.Data));
        PostgreSql = await PostgreSqlDatabase.OpenAsync(
            connectionString, clock, logger, new PostgreSqlOptions { Owner = jobs.Owner, AllowUnsafe = options.AllowUnsafeDatabase });
        opened.Push(PostgreSql);
        var store = new PostgreSqlJobStore(PostgreSql);
        opened.Push(store);
        Jobs = store;
        GrainState = new PostgreSqlGrainStateStore(PostgreSql);
        Schedules = new PostgreSqlScheduleStore(PostgreSql);
        Silos = new PostgreSqlSiloTable(PostgreSql);
        opened.Push(new Closing(Silos));
        Description = "PostgreSQL " + PostgreSql.Description;
    }

    private sealed class Closing(IDisposable held) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            held.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
