namespace Hearth.Jobs;

/// <summary>The key of a shard: <c>{pool}/{queue}/{n}</c>.</summary>
public static class ShardKey
{
    public const string DefaultQueue = "default";

    public static string Of(string queue, string pool = "default", int n = 0) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{pool}/{queue}/{n}");

    /// <summary>The pool in a key.</summary>
    public static string PoolOf(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The queue in a key.</summary>
    public static string QueueOf(string key)
    {
        var from = key.IndexOf('/', StringComparison.Ordinal) + 1;
        return key[from..key.LastIndexOf('/')];
    }

    /// <summary>The number in a key; -1 where there is none.</summary>
    public static int NumberOf(string key) =>
        int.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : -1;
}

/// <summary>The grammar of queue names: they are part of URLs and grain keys.</summary>
public static class QueueName
{
    public const string Rule = "a queue's name is 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit";

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= 64 } && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');
}
