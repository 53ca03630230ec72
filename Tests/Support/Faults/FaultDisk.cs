using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A disk of its own, an ext4 file system in an image file, whose power can be cut: what no fsync has reached is gone. The image stands for a
/// disk without a volatile cache of its own. Needs root and loop devices: <see cref="Need.Disk"/>.
/// </summary>
public sealed partial class FaultDisk : IAsyncDisposable
{
    /// <summary>_IOR('X', 125, __u32) of fs/ext4/ext4.h, and its flag that leaves the journal as it is.</summary>
    private const nuint Shutdown = 0x8004587D;
    private const uint NoLogFlush = 2;

    private const string Power = ".power";
    private const string Ballast = ".ballast";
    private static readonly TimeSpan BusyMax = TimeSpan.FromSeconds(10);

    private readonly string folder;
    private ClientHistory? frozen;

    private FaultDisk(string folder) => this.folder = folder;

    /// <summary>The mount point, which every user of the machine may enter.</summary>
    public string Path => System.IO.Path.Combine(folder, "disk");

    private string Image => System.IO.Path.Combine(folder, "image");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes and mounts a disk. The image is sparse, so a big one costs what is written to it.</summary>
    public static FaultDisk Mount(int mebibytes = 1024)
    {
        Sweep();
        var disk = new FaultDisk(Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId}-").FullName);
        try
        {
            Command.Must("chmod", "755", disk.folder);
            Directory.CreateDirectory(disk.Path);
            using (var image = File.Create(disk.Image))
                image.SetLength(mebibytes * 1024L * 1024);
            Command.Must("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk.Image);
            disk.Attach();
            File.Create(disk[Power]).Dispose();
            Command.Must("sync", "-f", disk.Path);
            return disk;
        }
        catch
        {
            disk.Remove();
            throw;
        }
    }

    /// <summary>
    /// Cuts the power: from here every write and fsync fails, and what was not yet on the disk never gets there. Kill the processes that use it
    /// next, then <see cref="RemountAsync"/>. A program that does not sync could still acknowledge after the cut, which no machine without power
    /// does: give the history, so that answers between the cut and the remount count as unknown.
    /// </summary>
    public void PowerCut(ClientHistory? history = null)
    {
        frozen = history;
        history?.Freeze();
        using var file = File.OpenHandle(this[Power]);
        var flags = NoLogFlush;
        if (Control(file, Shutdown, ref flags) != 0)
            throw new IOException($"The power could not be cut: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The power is back: the journal is replayed and the disk works again. Waits for killed processes to be gone.</summary>
    public async Task RemountAsync()
    {
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp(); !Detach(); await Task.Delay(TimeSpan.FromMilliseconds(50), clock))
        {
            if (clock.GetElapsedTime(start) > BusyMax)
                throw new IOException($"Somebody still uses {Path}: {Command.Run("fuser", "-vm", Path).Output}");
        }

        Attach();
        frozen?.Thaw();
        frozen = null;
    }

    /// <summary>Uses up the room that is left, to the last block.</summary>
    public void Fill()
    {
        using var ballast = File.OpenHandle(this[Ballast], FileMode.OpenOrCreate, FileAccess.Write);
        foreach (var size in (int[])[1 << 20, 1 << 12])
            Write(ballast, new byte[size]);
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(this[Ballast]);

    public ValueTask DisposeAsync()
    {
        Remove();
        return ValueTask.CompletedTask;
    }

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Control(SafeHandle file, nuint request, ref uint argument);

    private static void Write(SafeFileHandle ballast, byte[] zeros)
    {
        try
        {
            while (true)
                RandomAccess.Write(ballast, zeros, RandomAccess.GetLength(ballast));
        }
        catch (IOException)
        {
            // Full, which is what is wanted.
        }
    }
}
