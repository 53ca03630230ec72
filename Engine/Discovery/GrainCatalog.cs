using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Discovery;

/// <summary>
/// The grain classes of the application: public, concrete, in an assembly that refers to the engine. Searched once per
/// process and assembly.
/// </summary>
internal static class GrainCatalog
{
    private static readonly string s_engine = typeof(GrainCatalog).Assembly.GetName().Name!;
    private static readonly ConcurrentDictionary<Assembly, GrainClassInfo[]> s_found = new();
    private static readonly ConcurrentDictionary<(Type, string?), Type> s_implementations = new();

    /// <summary>All grain classes.</summary>
    /// <exception cref="OrleansConfigurationException">Two have the same grain type.</exception>
    public static IReadOnlyList<GrainClassInfo> Classes
    {
        get
        {
            var classes = ApplicationAssemblies().SelectMany(a => s_found.GetOrAdd(a, ClassesIn)).ToList();
            foreach (var same in classes.GroupBy(c => c.GrainType).Where(g => g.Count() > 1))
                throw new OrleansConfigurationException($"Grain classes {Names(same.Select(c => c.Type))} have the same grain type " +
                    $"'{same.Key}'. Rename one or give it a [GrainType(\"...\")].");
            return classes;
        }
    }

    /// <summary>The class that implements an interface; see <see cref="IGrainFactory.GetGrain{T}(string, string?)"/>.</summary>
    public static Type Implementation(Type grainInterface, string? classNamePrefix) =>
        s_implementations.GetOrAdd((grainInterface, classNamePrefix), static wanted => FindImplementation(wanted.Item1, wanted.Item2));

    private static Type FindImplementation(Type grainInterface, string? prefix)
    {
        if (!grainInterface.IsInterface || !typeof(IGrainWithStringKey).IsAssignableFrom(grainInterface))
            throw new ArgumentException($"{grainInterface.FullName} is not an interface that derives from {nameof(IGrainWithStringKey)}.");
        var all = Classes.Select(c => c.Type).Where(grainInterface.IsAssignableFrom).ToList();
        var fitting = prefix is null ? all : all.Where(c => c.FullName!.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        return fitting switch
        {
            [var only] => only,
            [] when all.Count > 0 => throw new ArgumentException(
                $"No grain class whose full name starts with '{prefix}' implements {grainInterface.FullName}; there are {Names(all)}."),
            [] => throw new ArgumentException(
                $"No grain class implements {grainInterface.FullName}. A grain class is concrete, not generic, derives from " +
                $"{nameof(Grain)} and is in an assembly that this process refers to."),
            _ => fitting.SingleOrDefault(c => $"I{c.Name}" == grainInterface.Name || c.FullName == prefix) ?? throw new ArgumentException(
                $"Several grain classes implement {grainInterface.FullName}: {Names(fitting)}. Name one with grainClassNamePrefix."),
        };
    }

    private static GrainClassInfo[] ClassesIn(Assembly assembly) =>
        [.. assembly.GetTypes().Where(IsGrainClass).Select(type => new GrainClassInfo(type))];

    private static bool IsGrainClass(Type type) =>
        type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
            && typeof(IGrainBase).IsAssignableFrom(type) && typeof(IGrain).IsAssignableFrom(type);

    /// <summary>Those that are loaded, and those that they refer to, which .NET loads only when first used.</summary>
    public static HashSet<Assembly> ApplicationAssemblies()
    {
        var found = new HashSet<Assembly>();
        var open = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic && RefersToEngine(a)));
        if (Assembly.GetEntryAssembly() is { } entry)
            open.Enqueue(entry);
        while (open.TryDequeue(out var assembly))
        {
            if (!found.Add(assembly))
                continue;
            foreach (var name in assembly.GetReferencedAssemblies().Where(MayHoldGrains))
                if (TryLoad(name) is { } referenced && RefersToEngine(referenced))
                    open.Enqueue(referenced);
        }
        found.RemoveWhere(assembly => !RefersToEngine(assembly));
        return found;
    }

    private static bool RefersToEngine(Assembly assembly) => assembly.GetReferencedAssemblies().Any(name => name.Name == s_engine);

    private static bool MayHoldGrains(AssemblyName name) =>
        name.Name != s_engine && !name.Name!.StartsWith("System.", StringComparison.Ordinal)
            && !name.Name.StartsWith("Microsoft.", StringComparison.Ordinal) && name.Name is not ("System" or "netstandard" or "mscorlib");

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception error) when (error is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            // A reference that is not deployed cannot hold grains; whoever needs it will say so.
            return null;
        }
    }

    private static string Names(IEnumerable<Type> types) => string.Join(", ", types.Select(t => t.FullName));
}
