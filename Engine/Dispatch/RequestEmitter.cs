using System.Reflection;
using System.Reflection.Emit;
using Orleans.Copying;

namespace Orleans.Dispatch;

/// <summary>
/// Writes the request class of one interface method:
/// <code>
/// sealed class AddRequest : TaskRequest&lt;int&gt;
/// {
///     public static GrainMethod Description;
///     public List&lt;int&gt; numbers;
///     override GrainMethod Method => Description;
///     override Task&lt;int&gt; Call(object grain) => ((IAdder)grain).Add(numbers);
///     override int Copy(int result) => ...;   // only where results must be copied
/// }
/// </code>
/// </summary>
internal static class RequestEmitter
{
    public const string DescriptionField = "Description";
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.NonPublic;
    private const MethodAttributes Overrides =
        MethodAttributes.Virtual | MethodAttributes.HideBySig | MethodAttributes.Final;

    public static string FieldOf(ParameterInfo parameter) => $"arg{parameter.Position}";

    /// <summary>The type argument of the request's base: the awaited result, or nothing.</summary>
    public static Type ResultOf(Type returned) => returned.IsGenericType ? returned.GenericTypeArguments[0] : typeof(Nothing);

    public static Type Emit(ModuleBuilder module, string name, Type grainInterface, MethodInfo method, int index)
    {
        var request = BaseFor(method.ReturnType);
        var type = module.DefineType(name, TypeAttributes.Public | TypeAttributes.Sealed, request);
        EmitMethodProperty(type);
        EmitCall(type, request, method);
        if (request.IsGenericType && MustCopyResult(method))
            EmitCopy(type, request);
        type.DefineDefaultConstructor(MethodAttributes.Public);
        var created = type.CreateType();
        created.GetField(DescriptionField)!.SetValue(null, new GrainMethod(grainInterface, method, index, created));
        return created;
    }

    private static Type BaseFor(Type returned)
    {
        if (returned == typeof(Task))
            return typeof(TaskRequest);
        if (returned == typeof(ValueTask))
            return typeof(ValueTaskRequest);
        var definition = returned.GetGenericTypeDefinition() == typeof(Task<>) ? typeof(TaskRequest<>) : typeof(ValueTaskRequest<>);
        return definition.MakeGenericType(returned.GenericTypeArguments);
    }

    private static bool MustCopyResult(MethodInfo method) =>
        !method.ReturnParameter.IsDefined(typeof(ImmutableAttribute)) && !Copyable.IsImmutable(ResultOf(method.ReturnType));

    private static void EmitMethodProperty(TypeBuilder type)
    {
        var field = type.DefineField(DescriptionField, typeof(GrainMethod), FieldAttributes.Public | FieldAttributes.Static);
        var getter = typeof(Request).GetProperty(nameof(Request.Method))!.GetMethod!;
        var body = type.DefineMethod(getter.Name, MethodAttributes.Public | Overrides, getter.ReturnType, Type.EmptyTypes);
        var il = body.GetILGenerator();
        il.Emit(OpCodes.Ldsfld, field);
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(body, getter);
    }

    private static void EmitCall(TypeBuilder type, Type request, MethodInfo method)
    {
        var call = request.GetMethod("Call", Members)!;
        var body = type.DefineMethod(call.Name, MethodAttributes.Family | Overrides, call.ReturnType, [typeof(object)]);
        var il = body.GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Castclass, method.DeclaringType!);
        foreach (var parameter in method.GetParameters())
        {
            var field = type.DefineField(FieldOf(parameter), parameter.ParameterType, FieldAttributes.Public);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, field);
        }
        il.Emit(OpCodes.Callvirt, method);
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(body, call);
    }

    private static void EmitCopy(TypeBuilder type, Type request)
    {
        var copy = request.GetMethod("Copy", Members)!;
        var result = request.GenericTypeArguments[0];
        var body = type.DefineMethod(copy.Name, MethodAttributes.Family | Overrides, result, [result]);
        var il = body.GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Call, ProxyEmitter.CopierOf(result));
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(body, copy);
    }
}
