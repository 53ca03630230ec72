namespace Hearth.Objects;

/// <summary>Keys of objects' grains: <c>{pool}/{name}/{key}</c>. Pools and names have no slash; keys may.</summary>
public static class ObjectKey
{
    /// <summary>Characters (UTF-16) of a key.</summary>
    public const int LengthMax = 512;

    /// <summary>What to tell somebody whose key was refused.</summary>
    public static string Rule => "a key is 1 to 512 characters, percent-encoded UTF-8 in the path, without control characters";

    /// <summary>1 to 512 characters of well-formed text without control characters.</summary>
    public static bool IsValid(string? key) => key is { Length: > 0 and <= LengthMax } && IsText(key);

    /// <summary>Well-formed and without control characters, of any length.</summary>
    public static bool IsText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i)))
                return false;
            if (char.IsSurrogate(text[i]))
                i++;
        }

        return true;
    }

    /// <summary>The key of the grain.</summary>
    public static string Of(string pool, string name, string key) => $"{pool}/{name}/{key}";

    /// <summary>The parts of a grain's key.</summary>
    public static (string Pool, string Name, string Key) Read(string grainKey)
    {
        ArgumentNullException.ThrowIfNull(grainKey);
        return grainKey.Split('/', 3) is [var pool, var name, var key]
            ? (pool, name, key)
            : throw new ArgumentException($"'{grainKey}' is not pool/name/key.", nameof(grainKey));
    }
}
