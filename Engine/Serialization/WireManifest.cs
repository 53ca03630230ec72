using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;
using Orleans.Copying;
using Orleans.Discovery;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Orleans.Serialization;

/// <summary>
/// What of the application may be named on the wire: grain interfaces and classes, types with <see cref="GenerateSerializerAttribute"/>,
/// what these hold, and exceptions. Silos that talk to one another have the same: their hashes are compared first.
/// </summary>
internal static class WireManifest
{
    private static readonly SortedDictionary<string, Type> s_types = Collect();
    private static readonly Lazy<byte[]> s_hash = new(static () => SHA256.HashData(Encoding.UTF8.GetBytes(Describe())));

    /// <summary>In an order that is the same on every silo.</summary>
    public static IEnumerable<Type> Types => s_types.Values;

    /// <summary>SHA-256 over everything that the bytes of calls depend on.</summary>
    public static ReadOnlyMemory<byte> Hash => s_hash.Value;

    /// <summary>The name that a type has on every silo.</summary>
    public static string NameOf(Type type)
    {
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        if (type.IsConstructedGenericType)
            return $"{NameOf(type.GetGenericTypeDefinition())}<{string.Join(',', type.GenericTypeArguments.Select(NameOf))}>";
        return type.GetCustomAttributes<AliasAttribute>(inherit: false).FirstOrDefault()?.Alias ?? type.FullName ?? type.Name;
    }

    private static SortedDictionary<string, Type> Collect()
    {
        var found = new SortedDictionary<string, Type>(StringComparer.Ordinal);
        // Plug-ins have load contexts of their own, and not every silo has the same ones.
        var assemblies = GrainCatalog.ApplicationAssemblies().Where(a => AssemblyLoadContext.GetLoadContext(a) == AssemblyLoadContext.Default);
        foreach (var type in assemblies.SelectMany(a => a.GetTypes()).Concat(typeof(WireManifest).Assembly.GetTypes()).Where(IsNamed))
            Add(type, found);
        return found;
    }

    private static bool IsNamed(Type type) => CopyMembers.HasSerializer(type) || IsGrainInterface(type)
        || (type is { IsAbstract: false, ContainsGenericParameters: false } && (typeof(Exception).IsAssignableFrom(type) || typeof(IGrainBase).IsAssignableFrom(type)));

    private static bool IsGrainInterface(Type type) =>
        type is { IsInterface: true, ContainsGenericParameters: false } && typeof(IAddressable).IsAssignableFrom(type);

    private static void Add(Type type, SortedDictionary<string, Type> found)
    {
        type = type.HasElementType ? type.GetElementType()! : type;
        foreach (var argument in type.IsConstructedGenericType ? type.GenericTypeArguments : [])
            Add(argument, found);
        type = type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type;
        if (type.IsGenericParameter || type.HasElementType || CollectionCodecs.IsOfBaseLibrary(type))
            return;
        var name = NameOf(type);
        if (!found.TryAdd(name, type))
        {
            if (found[name] != type)
                throw new OrleansConfigurationException($"{found[name].FullName} and {type.FullName} have the same name '{name}' on the wire. Give one another [Alias].");
            return;
        }
        foreach (var part in PartsOf(type))
            Add(part, found);
    }

    private static IEnumerable<Type> PartsOf(Type type)
    {
        if (IsGrainInterface(type))
            return InterfaceRules.Methods(type).SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(RequestEmitter.ResultOf(m.ReturnType)));
        return CopyMembers.HasSerializer(type) ? CopyMembers.DeclaredMembers(type).Select(f => f.FieldType) : [];
    }

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var type in WireTypes.All)
        {
            text.Append(NameOf(type)).Append('\n');
            if (IsGrainInterface(type))
                foreach (var method in InterfaceRules.Methods(type))
                    text.Append($"  {method.Name}({string.Join(',', method.GetParameters().Select(p => NameOf(p.ParameterType)))}):{NameOf(method.ReturnType)}\n");
            else if (CopyMembers.HasSerializer(type))
                foreach (var member in CopyMembers.DeclaredMembers(type).OrderBy(f => f.Name, StringComparer.Ordinal))
                    text.Append($"  {IdOf(member)} {member.Name}:{NameOf(member.FieldType)}\n");
            if (type.BaseType is { } parent && CopyMembers.HasSerializer(parent))
                text.Append($"  : {NameOf(parent)}\n");
        }
        return text.ToString();
    }

    private static uint? IdOf(FieldInfo member) => (member.GetCustomAttribute<IdAttribute>() ?? CopyMembers.PropertyOf(member)?.GetCustomAttribute<IdAttribute>())?.Id;
}
