using System.Reflection;
using System.Reflection.Emit;
using Orleans.Concurrency;
using Orleans.Copying;
using Orleans.Discovery;
using Orleans.Runtime;

namespace Orleans.Dispatch;

/// <summary>
/// Writes the reference class of one interface. Each method makes its request, copies what must be copied into it, and
/// hands it to <see cref="GrainReference"/>:
/// <code>Task&lt;int&gt; Add(List&lt;int&gt; numbers) => Call(new AddRequest { numbers = Copier&lt;List&lt;int&gt;&gt;.Copy(numbers) });</code>
/// </summary>
internal static class ProxyEmitter
{
    private const MethodAttributes Implements =
        MethodAttributes.Private | MethodAttributes.Virtual | MethodAttributes.Final | MethodAttributes.HideBySig | MethodAttributes.NewSlot;

    private static readonly Type[] s_constructorParameters = [typeof(GrainInterface), typeof(string)];

    private static readonly ConstructorInfo s_base = typeof(GrainReference).GetConstructor(
        BindingFlags.Instance | BindingFlags.NonPublic, s_constructorParameters)!;

    public static ProxyClass Emit(ModuleBuilder module, Type grainInterface)
    {
        var name = NameOf(grainInterface);
        var type = module.DefineType($"{name}.Reference", TypeAttributes.Public | TypeAttributes.Sealed, typeof(GrainReference), [grainInterface]);
        EmitConstructor(type);
        var methods = new List<GrainMethod>();
        foreach (var method in InterfaceRules.Methods(grainInterface))
        {
            var request = RequestEmitter.Emit(module, $"{name}.{method.Name}Request{methods.Count}", grainInterface, method, methods.Count);
            EmitMethod(type, method, request);
            methods.Add((GrainMethod)request.GetField(RequestEmitter.DescriptionField)!.GetValue(null)!);
        }
        return new(Constructor(type.CreateType()), [.. methods]);
    }

    /// <summary>The interface's full name, less what means something in names of types.</summary>
    private static string NameOf(Type grainInterface) =>
        string.Concat(grainInterface.FullName!.Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' ? c : '_'));

    private static void EmitConstructor(TypeBuilder type)
    {
        var il = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, s_constructorParameters).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, s_base);
        il.Emit(OpCodes.Ret);
    }

    private static void EmitMethod(TypeBuilder type, MethodInfo method, Type request)
    {
        var parameters = method.GetParameters();
        var body = type.DefineMethod($"{method.DeclaringType!.FullName}.{method.Name}", Implements, method.ReturnType,
            [.. parameters.Select(p => p.ParameterType)]);
        var il = body.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Newobj, request.GetConstructor(Type.EmptyTypes)!);
        foreach (var parameter in parameters)
        {
            il.Emit(OpCodes.Dup);
            il.Emit(OpCodes.Ldarg, (short)(parameter.Position + 1));
            if (!parameter.IsDefined(typeof(ImmutableAttribute)) && !Copyable.IsImmutable(parameter.ParameterType))
                il.Emit(OpCodes.Call, CopierOf(parameter.ParameterType));
            il.Emit(OpCodes.Stfld, request.GetField(RequestEmitter.FieldOf(parameter))!);
        }
        // One-way calls go out as they are: nobody is left to cancel them.
        var oneWay = method.IsDefined(typeof(OneWayAttribute));
        var token = oneWay ? null : parameters.LastOrDefault(p => p.ParameterType == typeof(CancellationToken));
        if (token is not null)
            il.Emit(OpCodes.Ldarg, (short)(token.Position + 1));
        il.Emit(OpCodes.Call, SenderFor(method.ReturnType, oneWay, token is not null));
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(body, method);
    }

    /// <summary>The method of <see cref="GrainReference"/> that sends a request and returns what the interface promises.</summary>
    private static MethodInfo SenderFor(Type returned, bool oneWay, bool cancellable)
    {
        var value = returned == typeof(ValueTask) || (returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(ValueTask<>));
        var name = (oneWay, value) switch
        {
            (true, false) => nameof(GrainReference.CallOneWay),
            (true, true) => nameof(GrainReference.CallOneWayValue),
            (false, false) => nameof(GrainReference.Call),
            (false, true) => nameof(GrainReference.CallValue),
        };
        var generic = returned.IsGenericType || name == nameof(GrainReference.Call);
        var sender = typeof(GrainReference).GetMethods(BindingFlags.Instance | BindingFlags.NonPublic).Single(m =>
            m.Name == name && m.IsGenericMethod == generic && m.GetParameters().Length == (cancellable ? 2 : 1));
        return generic ? sender.MakeGenericMethod(RequestEmitter.ResultOf(returned)) : sender;
    }

    internal static MethodInfo CopierOf(Type type) => typeof(Copier<>).MakeGenericType(type).GetMethod(nameof(Copier<>.Copy), [type])!;

    private static Func<GrainInterface, string, GrainReference> Constructor(Type type)
    {
        var create = new DynamicMethod("Create", typeof(GrainReference), s_constructorParameters, type.Module, skipVisibility: true);
        var il = create.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Newobj, type.GetConstructor(s_constructorParameters)!);
        il.Emit(OpCodes.Ret);
        return create.CreateDelegate<Func<GrainInterface, string, GrainReference>>();
    }
}
