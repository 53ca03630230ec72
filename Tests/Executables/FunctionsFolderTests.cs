using System.Collections.Concurrent;
using Hearth.Executables;

namespace Hearth.Tests.Executables;

public sealed class FunctionsFolderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("hearth-functions-");
    private readonly BlockingCollection<FolderSnapshot> snapshots = [];

    private string Folder => Path.Combine(root.FullName, "functions");

    public void Dispose()
    {
        root.Delete(recursive: true);
        snapshots.Dispose();
    }

    [Fact]
    public void Folder_that_is_missing_serves_nothing_until_it_is_there()
    {
        using var watched = Watch();
        Assert.Empty(Next().Manifests);
        Write("a.json", """{"command":"/bin/cat"}""");
        Assert.Equal("a", Assert.Single(Next().Manifests).Key);
    }

    [Fact]
    public void Change_bad_edit_repair_and_removal_are_seen()
    {
        Write("a.json", """{"command":"/bin/cat","version":"1"}""");
        Write("notes.txt", "ignored");
        using var watched = Watch();
        Assert.Equal("1", Next().Manifests["a"].Version);
        Write("a.json", """{"command":"/bin/cat","version":"2"}""");
        Assert.Equal("2", NextWhere(s => s.Mistakes.Count == 0).Manifests["a"].Version);
        Write("a.json", """{"command":"/bin/cat","version":""");
        var bad = NextWhere(s => s.Mistakes.Count > 0);
        Assert.Equal("2", bad.Manifests["a"].Version);
        Assert.Contains("not valid JSON", Assert.Single(bad.Mistakes[Path.Combine(Folder, "a.json")]), StringComparison.Ordinal);
        Write("a.json", """{"command":"/bin/cat","version":"3"}""");
        Assert.Equal("3", NextWhere(s => s.Mistakes.Count == 0).Manifests["a"].Version);
        File.Delete(Path.Combine(Folder, "a.json"));
        Assert.Empty(Next().Manifests);
    }

    [Fact]
    public void Program_that_goes_away_and_comes_back_is_seen()
    {
        Write("a.json", """{"command":"./tool"}""");
        using var watched = Watch();
        Assert.Empty(Next().Manifests);
        Write("tool", "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(Folder, "tool"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("a", NextWhere(s => s.Mistakes.Count == 0).Manifests);
        File.Delete(Path.Combine(Folder, "tool"));
        var without = Next();
        Assert.Contains("a", without.Manifests);
        Assert.Contains("does not exist", Assert.Single(without.Mistakes.Values.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public void Second_file_of_a_name_is_a_mistake_naming_both_and_the_first_stays()
    {
        Write("b.json", """{"command":"/bin/cat","name":"x"}""");
        using var watched = Watch();
        Next();
        Write("a.json", """{"command":"/bin/cat","name":"x"}""");
        var snapshot = NextWhere(s => s.Mistakes.Count > 0 && !s.Mistakes.Values.First()[0].Contains("JSON", StringComparison.Ordinal));
        Assert.EndsWith("b.json", snapshot.Manifests["x"].File, StringComparison.Ordinal);
        var mistake = Assert.Single(snapshot.Mistakes[Path.Combine(Folder, "a.json")]);
        Assert.Contains(Path.Combine(Folder, "b.json"), mistake, StringComparison.Ordinal);
        File.Delete(Path.Combine(Folder, "b.json"));
        Assert.EndsWith("a.json", Next().Manifests["x"].File, StringComparison.Ordinal);
    }

    private FunctionsFolder Watch() => new(Folder, snapshots.Add, TimeProvider.System);

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, name), content);
    }

    private FolderSnapshot Next()
    {
        Assert.True(snapshots.TryTake(out var snapshot, Patience), "No change was told.");
        return snapshot!;
    }

    private FolderSnapshot NextWhere(Func<FolderSnapshot, bool> holds)
    {
        // A file may be seen half written, which is one snapshot more.
        while (true)
            if (Next() is var snapshot && holds(snapshot))
                return snapshot;
    }
}
