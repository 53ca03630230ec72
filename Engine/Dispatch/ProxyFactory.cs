using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using Orleans.Discovery;
using Orleans.Runtime;

namespace Orleans.Dispatch;

/// <summary>
/// The generated reference classes, one for each grain interface, made when first asked for. Why they are generated at run
/// time, and what that costs: docs/decisions/0004-grain-dispatch.md.
/// </summary>
internal static class ProxyFactory
{
    private static readonly Lock s_gate = new();
    private static readonly ConcurrentDictionary<Type, ProxyClass> s_classes = new();
    private static readonly Dictionary<Assembly, ModuleBuilder> s_modules = [];

    /// <summary>Makes references of the interface.</summary>
    /// <exception cref="ArgumentException">The interface has a member that a grain call cannot carry; the message says which.</exception>
    public static ProxyClass For(Type grainInterface)
    {
        if (s_classes.TryGetValue(grainInterface, out var known))
            return known;
        InterfaceRules.Check(grainInterface);
        // Reflection.Emit is not made for threads.
        lock (s_gate)
            return s_classes.GetOrAdd(grainInterface, static type => ProxyEmitter.Emit(ModuleFor(type.Assembly), type));
    }

    private static ModuleBuilder ModuleFor(Assembly assembly)
    {
        if (s_modules.TryGetValue(assembly, out var module))
            return module;
        var name = $"{assembly.GetName().Name}.GrainReferences";
        var builder = AssemblyBuilder.DefineDynamicAssembly(new(name), AssemblyBuilderAccess.Run);
        // Reference classes use what is internal to the engine, and internal interfaces of the application.
        foreach (var opened in new[] { typeof(ProxyFactory).Assembly, assembly })
            builder.SetCustomAttribute(new(
                typeof(System.Runtime.CompilerServices.IgnoresAccessChecksToAttribute).GetConstructors()[0], [opened.GetName().Name!]));
        return s_modules[assembly] = builder.DefineDynamicModule(name);
    }
}

/// <param name="Create">Makes references.</param>
/// <param name="Methods">In the order of the interface, which is the same on every silo.</param>
internal sealed record ProxyClass(Func<GrainInterface, string, GrainReference> Create, GrainMethod[] Methods);
