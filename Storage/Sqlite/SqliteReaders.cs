using System.Collections.Concurrent;

namespace Hearth.Storage.Sqlite;

/// <summary>Connections that read, at most some, each with a snapshot of its own for the length of a statement.</summary>
internal sealed class SqliteReaders(string path, SqliteLimits limits) : IDisposable
{
    private readonly SemaphoreSlim free = new(limits.ReadersMax);
    private readonly ConcurrentBag<SqliteSession> idle = [];
    private volatile bool isClosed;

    /// <exception cref="StoreUnavailableException">The database cannot be read, or is closed.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Run(work), cancellationToken);
        }
        finally
        {
            free.Release();
        }
    }

    public void Dispose()
    {
        isClosed = true;
        while (idle.TryTake(out var session))
            session.Dispose();
    }

    private T Run<T>(Func<SqliteSession, T> work)
    {
        SqliteSession? session = null;
        try
        {
            if (isClosed)
                throw new StoreUnavailableException("The store is closed.");
            session = idle.TryTake(out var known) ? known : Open();
            var result = work(session);
            idle.Add(session);
            if (isClosed)
                Dispose();
            return result;
        }
        catch (SqliteException e)
        {
            session?.Dispose();
            throw new StoreUnavailableException("The database cannot be read: " + e.Message, e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private SqliteSession Open()
    {
        var session = SqliteSession.Open(path, limits.BusyTimeout);
        session.Execute("PRAGMA query_only=1; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;");
        return session;
    }
}
