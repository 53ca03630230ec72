using System.Reflection;
using System.Runtime.CompilerServices;
using Hearth.Client;
using Hearth.Client.Cluster;
using Hearth.Tests.Support;

namespace Hearth.Tests.Client;

/// <summary>
/// The public surface of Hearth.Client and Hearth.Client.Cluster is what Tests/Client/surface.txt says. Whoever changes it on purpose changes that file: HEARTH_WRITE_SURFACE=1
/// writes it anew.
/// </summary>
public sealed class PublicSurfaceTests
{
    private static readonly string File = Path.Combine(Repository.Folder, "Tests/Client/surface.txt");

    [Fact]
    public void The_public_surface_is_the_one_that_was_agreed()
    {
        // What only one engine's build has is left out.
        var surface = string.Join('\n', typeof(IHearthClient).Assembly.GetExportedTypes().Append(typeof(HearthClusterClientServices)).OrderBy(t => t.FullName, StringComparer.Ordinal).SelectMany(Describe)) + "\n";
        if (Environment.GetEnvironmentVariable("HEARTH_WRITE_SURFACE") is not null)
            System.IO.File.WriteAllText(File, surface);
        Assert.Equal(System.IO.File.ReadAllText(File), surface);
    }

    [Fact]
    public void Nothing_of_the_engine_or_the_silo_comes_with_the_client()
    {
        var names = typeof(IHearthClient).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.DoesNotContain(names, name => name.StartsWith("Hearth", StringComparison.Ordinal) || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain("Orleans", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Describe(Type type)
    {
        yield return $"{Kind(type)} {Name(type)}{(type.BaseType is { } b && b != typeof(object) && b != typeof(Enum) ? " : " + Name(b) : "")}";
        const BindingFlags All = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var members = type.GetMembers(All).Where(m => !m.IsDefined(typeof(CompilerGeneratedAttribute)) && m is not (MethodInfo { IsSpecialName: true } or FieldInfo { IsSpecialName: true }));
        foreach (var text in members.Select(Describe).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            yield return "  " + text;
    }

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"new({Parameters(c)})",
        PropertyInfo p => $"{Name(p.PropertyType)} {p.Name} {{{(p.GetMethod?.IsPublic == true ? " get;" : "")}{(p.SetMethod?.IsPublic == true ? " set;" : "")} }}",
        MethodInfo m => $"{(m.IsStatic ? "static " : "")}{Name(m.ReturnType)} {m.Name}{(m.IsGenericMethod ? $"<{string.Join(", ", m.GetGenericArguments().Select(Name))}>" : "")}({Parameters(m)})",
        FieldInfo { IsLiteral: true } f => $"{f.Name} = {f.GetRawConstantValue()}",
        _ => member.Name,
    };

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " = " + (p.DefaultValue ?? "null") : "")}"));

    private static string Kind(Type type) => type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsAbstract && type.IsSealed ? "static class" : type.IsSealed ? "sealed class" : "class";

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;
}
