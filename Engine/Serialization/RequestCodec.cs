using System.Reflection;
using System.Reflection.Emit;
using Orleans.Dispatch;

namespace Orleans.Serialization;

/// <summary>
/// Makes, writes and reads the requests of one interface method. A token parameter takes no room: the last one is cancelled by a frame of
/// its own, as it is the last one that the caller's reference heeds.
/// </summary>
internal sealed class RequestCodec
{
    private readonly Func<Request> _create;
    private readonly Action<Request, WireWriter> _write;
    private readonly Action<Request, WireReader> _read;

    public RequestCodec(Type request, ParameterInfo[] parameters)
    {
        TakesToken = parameters.Any(IsToken);
        _create = EmitCreate(request);
        _write = EmitWrite(request, parameters);
        _read = EmitRead(request, parameters);
    }

    public bool TakesToken { get; }

    public Request Create() => _create();
    public void Write(Request request, WireWriter writer) => _write(request, writer);
    public void Read(Request request, WireReader reader) => _read(request, reader);

    private static bool IsToken(ParameterInfo parameter) => parameter.ParameterType == typeof(CancellationToken);
    private static FieldInfo FieldOf(Type request, ParameterInfo parameter) => request.GetField(RequestEmitter.FieldOf(parameter))!;

    private static Func<Request> EmitCreate(Type request)
    {
        var method = Method("Create", typeof(Request), []);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Newobj, request.GetConstructor(Type.EmptyTypes)!);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<Request>>();
    }

    private static Action<Request, WireWriter> EmitWrite(Type request, ParameterInfo[] parameters)
    {
        var method = Method("Write", typeof(void), [typeof(Request), typeof(WireWriter)]);
        var il = method.GetILGenerator();
        foreach (var parameter in parameters.Where(p => !IsToken(p)))
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, FieldOf(request, parameter));
            il.Emit(OpCodes.Call, MemberEmit.Writer(parameter.ParameterType));
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Action<Request, WireWriter>>();
    }

    private static Action<Request, WireReader> EmitRead(Type request, ParameterInfo[] parameters)
    {
        var method = Method("Read", typeof(void), [typeof(Request), typeof(WireReader)]);
        var il = method.GetILGenerator();
        var heeded = parameters.LastOrDefault(IsToken);
        foreach (var parameter in parameters.Where(p => !IsToken(p) || p == heeded))
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, parameter == heeded
                ? typeof(WireReader).GetProperty(nameof(WireReader.Cancellation))!.GetMethod! : MemberEmit.Reader(parameter.ParameterType));
            il.Emit(OpCodes.Stfld, FieldOf(request, parameter));
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Action<Request, WireReader>>();
    }

    private static DynamicMethod Method(string name, Type returned, Type[] parameters) =>
        new(name, returned, parameters, typeof(RequestCodec).Module, skipVisibility: true);
}
