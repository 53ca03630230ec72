namespace Hearth.Executables;

/// <summary>
/// What a supervisor that was killed could not end any more. Programs themselves have died with it (their death signal); what they
/// had started is found by its mark.
/// </summary>
internal static class Leftovers
{
    private const int RoundsMax = 100;

    public static void End(string token)
    {
        if (!OperatingSystem.IsLinux())
            return;
        for (var round = 0; round < RoundsMax; round++)
        {
            var left = ProcessTable.Ids()
                .Where(pid => ProcessTable.RunOf(pid)?.StartsWith(token, StringComparison.Ordinal) == true)
                .ToList();
            if (left.Count == 0)
                return;
            left.ForEach(Posix.Kill);
        }
    }
}
