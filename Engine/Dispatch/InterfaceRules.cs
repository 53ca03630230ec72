using System.Reflection;
using Orleans.Concurrency;
using Orleans.Copying;

namespace Orleans.Dispatch;

/// <summary>What a grain interface may hold, checked once so that an error names the member and not a line of generated code.</summary>
internal static class InterfaceRules
{
    public static void Check(Type grainInterface)
    {
        if (!IsReachable(grainInterface))
            throw Wrong(grainInterface, "is private or protected; make it public or internal, and what it is nested in");
        if (grainInterface.ContainsGenericParameters)
            throw Wrong(grainInterface, "is generic without type arguments");
        foreach (var method in Methods(grainInterface))
            Check(grainInterface, method);
    }

    /// <summary>The methods of the interface and of those it derives from.</summary>
    public static IEnumerable<MethodInfo> Methods(Type grainInterface) =>
        grainInterface.GetInterfaces().Prepend(grainInterface).SelectMany(i => i.GetMethods()).Where(m => !m.IsStatic);

    private static void Check(Type grainInterface, MethodInfo method)
    {
        if (method.IsSpecialName)
            throw Wrong(grainInterface, $"has the property or event accessor {method.Name}; grains have methods only");
        if (method.IsGenericMethod)
            throw Wrong(grainInterface, $"has the generic method {method.Name}, which the embedded engine cannot call");
        if (!IsTask(method.ReturnType))
            throw Wrong(grainInterface, $"has the method {method.Name} that returns {method.ReturnType.Name}; " +
                "a grain method returns Task, Task<T>, ValueTask or ValueTask<T>");
        if (method.IsDefined(typeof(OneWayAttribute)) && method.ReturnType.IsGenericType)
            throw Wrong(grainInterface, $"has the [OneWay] method {method.Name} that returns a result; it can return Task or ValueTask only");
        foreach (var parameter in method.GetParameters())
        {
            if (parameter.ParameterType.IsByRef || parameter.ParameterType.IsByRefLike || parameter.ParameterType.IsPointer)
                throw Wrong(grainInterface, $"has the method {method.Name} whose parameter {parameter.Name} is by reference");
            if (!parameter.IsDefined(typeof(ImmutableAttribute)))
                Copyable.Check(parameter.ParameterType, $"parameter {parameter.Name} of {grainInterface.Name}.{method.Name}");
        }
        if (method.ReturnType.IsGenericType && !method.ReturnParameter.IsDefined(typeof(ImmutableAttribute)))
            Copyable.Check(method.ReturnType.GenericTypeArguments[0], $"result of {grainInterface.Name}.{method.Name}");
    }

    private static bool IsTask(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask)
            || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)));

    private static bool IsReachable(Type type) =>
        !type.IsNested || ((type.IsNestedPublic || type.IsNestedAssembly || type.IsNestedFamORAssem) && IsReachable(type.DeclaringType!));

    private static ArgumentException Wrong(Type grainInterface, string problem) =>
        new($"Grain interface {grainInterface.FullName} {problem}.");
}
