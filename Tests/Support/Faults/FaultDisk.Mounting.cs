using System.Globalization;

namespace Hearth.Tests.Support.Faults;

/// <summary>How the disk gets onto the machine, and off it again whatever happened to the test.</summary>
public sealed partial class FaultDisk
{
    private const string Prefix = "hearth-disk-";

    /// <summary>The journal is committed by an fsync or after 5 minutes, so that no timer hides an fsync that is missing.</summary>
    private void Attach() => Command.Must("mount", "-t", "ext4", "-o", "loop,commit=300", Image, Path);

    /// <summary>
    /// Whether it is gone from the machine, and not from this folder tree only: a sandbox that was started meanwhile has mounts of its own, and
    /// who mounts the image then gets the old disk, without power.
    /// </summary>
    private bool Detach()
    {
        Command.Run("umount", Path);
        return Command.Run("losetup", "-j", Image) is (0, "");
    }

    /// <summary>A disk that is still in use leaves the folder tree at once and the machine with its last user.</summary>
    internal void Remove() => Remove(folder);

    private static void Remove(string folder)
    {
        var path = System.IO.Path.Combine(folder, "disk");
        if (Command.Run("umount", path).Code != 0)
            Command.Run("umount", "-l", path);
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Still mounted; the next run sweeps it.
        }
    }

    /// <summary>Removes the disks of test processes that were killed.</summary>
    private static void Sweep()
    {
        foreach (var left in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
        {
            var owner = System.IO.Path.GetFileName(left)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out _) && !Directory.Exists("/proc/" + owner))
                Remove(left);
        }
    }
}
