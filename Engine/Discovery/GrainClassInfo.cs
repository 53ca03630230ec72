using System.Reflection;

namespace Orleans.Discovery;

/// <summary>A grain class as found in an assembly.</summary>
internal sealed record GrainClassInfo(Type Type)
{
    /// <summary>See <see cref="GrainTypeAttribute"/>.</summary>
    public string GrainType { get; } = Type.GetCustomAttribute<GrainTypeAttribute>()?.Value ?? NameByConvention(Type);

    private static string NameByConvention(Type type)
    {
        const string suffix = "grain";
#pragma warning disable CA1308 // Ids are lower case; nothing is compared by them that upper case would make safer.
        var name = type.Name.ToLowerInvariant();
#pragma warning restore CA1308
        return name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
    }
}
