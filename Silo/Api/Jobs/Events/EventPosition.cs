using System.Globalization;

namespace Hearth.Api.Jobs.Events;

/// <summary>
/// How far a follower has come, which is an event's id: <c>{attempt rows}.{notes}</c>, and <c>.end</c> behind the last. Rows are only ever added,
/// each kind in its order, so a position means the same on every silo and after every restart.
/// </summary>
/// <param name="Attempts">Rows about attempts that were told.</param>
/// <param name="Notes">Other rows that were told; none are now.</param>
/// <param name="HasEnded">The end was told.</param>
internal readonly record struct EventPosition(int Attempts, int Notes, bool HasEnded = false)
{
    private const string End = "end";

    /// <returns>Null when it cannot be one.</returns>
    public static EventPosition? Parse(string text)
    {
        var parts = text.Split('.');
        return parts.Length is 2 or 3 && Number(parts[0]) is { } attempts && Number(parts[1]) is { } notes && (parts.Length == 2 || parts[2] == End)
            ? new EventPosition(attempts, notes, parts.Length == 3)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Attempts}.{Notes}{(HasEnded ? "." + End : "")}");

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
