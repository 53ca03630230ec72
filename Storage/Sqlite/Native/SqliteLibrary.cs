using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// Which SQLite runs: on Linux the system's, which the distribution patches, when it is newer than the bundled one and fit for threads;
/// else the bundled one.
/// </summary>
public static unsafe class SqliteLibrary
{
    private static readonly Lazy<(nint Handle, int Version, bool IsSystem)> Chosen = new(Choose);

    static SqliteLibrary() => NativeLibrary.SetDllImportResolver(
        typeof(SqliteLibrary).Assembly, (name, _, _) => name == SqliteNative.Library ? Chosen.Value.Handle : 0);

    /// <summary>For example <c>3.40.1</c>.</summary>
    public static string Version
    {
        get
        {
            var number = Chosen.Value.Version;
            return string.Create(CultureInfo.InvariantCulture, $"{number / 1_000_000}.{number / 1_000 % 1_000}.{number % 1_000}");
        }
    }

    /// <summary>Whether it is the system's.</summary>
    public static bool IsSystem => Chosen.Value.IsSystem;

    private static (nint Handle, int Version, bool IsSystem) Choose()
    {
        var bundled = NativeLibrary.Load(SqliteNative.Library, Assembly.GetExecutingAssembly(), null);
        var bundledVersion = Number(bundled, "sqlite3_libversion_number");
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libsqlite3.so.0", out var system))
            return (bundled, bundledVersion, false);

        var systemVersion = Number(system, "sqlite3_libversion_number");
        if (systemVersion > bundledVersion && Number(system, "sqlite3_threadsafe") != 0)
            return (system, systemVersion, true);
        NativeLibrary.Free(system);
        return (bundled, bundledVersion, false);
    }

    private static int Number(nint library, string function) => ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, function))();
}
