namespace Hearth.Functions;

/// <summary>The grammar of function names: they are part of URLs, file names and grain keys.</summary>
public static class FunctionName
{
    public const int LengthMax = 64;

    /// <summary>1 to 64 lower-case letters, digits, dots, dashes and underscores, starting with a letter.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= LengthMax } && char.IsAsciiLetterLower(name[0]) && name.All(IsNameCharacter);

    /// <summary>1 to 64 letters, digits, dots, dashes and underscores.</summary>
    public static bool IsVersion(string? version) =>
        version is { Length: > 0 and <= LengthMax } && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>What to tell somebody whose name was refused.</summary>
    public static string Rule =>
        "a function's name is 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter";

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_';
}
