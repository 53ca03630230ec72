namespace Hearth.Tests.Support.Faults;

/// <summary>What a fault needs of the machine.</summary>
[Flags]
public enum Need
{
    None = 0,

    /// <summary>Root, loop devices and an ext4 that can be shut down.</summary>
    Disk = 1,

    /// <summary>The server programs of PostgreSQL.</summary>
    Postgres = 2,

    /// <summary>gcc and the headers of libc.</summary>
    Compiler = 4,

    /// <summary>Root, and network namespaces with veth between them.</summary>
    Network = 8,
}

/// <summary>A fact where the machine can do what it needs; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FaultFactAttribute : FactAttribute
{
    private static readonly (Need Need, Lazy<string?> Reason)[] Reasons =
    [
        (Need.Disk, new(NoDisk)),
        (Need.Postgres, new(NoPostgres)),
        (Need.Compiler, new(NoCompiler)),
        (Need.Network, new(NoNetwork)),
    ];

    public FaultFactAttribute(Need needs)
    {
        Needs = needs;
        Skip = Reasons.Where(r => needs.HasFlag(r.Need)).Select(r => r.Reason.Value).FirstOrDefault(r => r is not null)!;
    }

    public Need Needs { get; }

    private static string? NoDisk()
    {
        if (!Environment.IsPrivilegedProcess)
            return "Cutting the power of a disk needs root, to mount one.";
        var disk = default(FaultDisk);
        try
        {
            disk = FaultDisk.Mount(mebibytes: 16);
            disk.PowerCut();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"This machine has no disk whose power can be cut: {e.Message}";
        }
        finally
        {
            disk?.Remove();
        }
    }

    private static string? NoPostgres() =>
        FaultedPostgres.Programs is null ? "No PostgreSQL server is installed; on Debian: apt install postgresql."
        : Environment.IsPrivilegedProcess && Command.Run("id", "postgres").Code != 0 ? "PostgreSQL refuses root, and there is no user postgres to run it as."
        : null;

    private static string? NoCompiler()
    {
        try
        {
            FsyncError.Build().Dispose();
            return null;
        }
        catch (IOException e)
        {
            return $"No C compiler works here; on Debian: apt install gcc libc6-dev. {e.Message}";
        }
    }

    private static string? NoNetwork()
    {
        if (!Environment.IsPrivilegedProcess)
            return "Cutting a network needs root, to make namespaces.";
        try
        {
            using var network = new CutNetwork("probe");
            return null;
        }
        catch (IOException e)
        {
            return $"This machine has no network namespaces; on Debian: apt install iproute2. {e.Message}";
        }
    }
}
