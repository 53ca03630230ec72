using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Faults;

[Collection(FaultSuite.Name)]
public sealed class FaultDiskTests
{
    [FaultFact(Need.Disk)]
    public async Task A_power_cut_keeps_what_was_synced_and_takes_the_rest()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 32);
        Write(disk["synced"], "here", sync: true);
        Write(disk["only written"], "gone", sync: false);

        disk.PowerCut();
        await disk.RemountAsync();

        Assert.Equal("here", await File.ReadAllTextAsync(disk["synced"]));
        Assert.False(File.Exists(disk["only written"]));
    }

    [FaultFact(Need.Disk)]
    public async Task A_rename_without_a_sync_of_its_folder_is_undone()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 32);
        Write(disk["config"], "old", sync: true);
        Write(disk["config.new"], "new", sync: true);
        File.Move(disk["config.new"], disk["config"], overwrite: true);

        disk.PowerCut();
        await disk.RemountAsync();

        Assert.Equal("old", await File.ReadAllTextAsync(disk["config"]));
    }

    [FaultFact(Need.Disk)]
    public async Task Nothing_reaches_the_disk_between_the_cut_and_the_remount()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 32);
        disk.PowerCut();
        Assert.Throws<IOException>(() => Write(disk["late"], "gone", sync: true));

        await disk.RemountAsync();
        Assert.False(File.Exists(disk["late"]));
        Write(disk["late"], "here", sync: true);
    }

    [FaultFact(Need.Disk)]
    public async Task Two_disks_do_not_share_a_cut()
    {
        await using var one = FaultDisk.Mount(mebibytes: 16);
        await using var other = FaultDisk.Mount(mebibytes: 16);
        one.PowerCut();
        Write(other["file"], "here", sync: true);
        Assert.Equal("here", await File.ReadAllTextAsync(other["file"]));
    }

    [FaultFact(Need.Disk)]
    public async Task A_full_disk_refuses_until_there_is_room_again()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 32);
        disk.Fill();
        Assert.Throws<IOException>(() => Write(disk["file"], new string('x', 8192), sync: true));
        disk.Free();
        Write(disk["file"], "here", sync: true);
    }

    private static void Write(string path, string text, bool sync)
    {
        using var file = new FileStream(path, FileMode.Create);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush(sync);
    }
}
