using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Copying;

namespace Orleans.Serialization;

/// <summary>
/// Writes and reads objects and structs member by member, in the order of the manifest. Emitted, because only so can it reach private and
/// read-only fields.
/// </summary>
internal static class MemberCodec<T>
{
    private delegate void WriteMembers(ref T value, WireWriter writer);

    private delegate void ReadMembers(ref T value, WireReader reader);

    public static ValueCodec<T> Make()
    {
        if (typeof(T).IsAbstract || typeof(T).IsInterface)
            throw WireTypes.CannotSend(typeof(T), "it is abstract");
        var members = WireTypes.MembersOf(typeof(T));
        var (write, read) = (EmitWrite(members), EmitRead(members));
        var create = Creator();
        // A value without members would take no room, and any number of them could be announced.
        var filler = members.Count == 0;
        var shared = !typeof(T).IsValueType && !Copyable.IsImmutable(typeof(T));
        return new(
            (writer, value) =>
            {
                writer.Enter();
                write(ref value, writer);
                if (filler)
                    writer.WriteByte(0);
                writer.Leave();
            },
            reader =>
            {
                reader.Enter();
                var value = create();
                if (shared)
                    reader.Note(value!);
                read(ref value, reader);
                if (filler)
                    reader.ReadByte();
                reader.Leave();
                return value;
            },
            shared);
    }

    private static Func<T> Creator()
    {
        if (typeof(T).IsValueType)
            return static () => default!;
        if (typeof(T).GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Type.EmptyTypes) is not { } constructor)
            return static () => (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
        var invoker = ConstructorInvoker.Create(constructor);
        return () => (T)invoker.Invoke();
    }

    private static WriteMembers EmitWrite(List<FieldInfo> members)
    {
        var method = new DynamicMethod($"Write{typeof(T).Name}", typeof(void), [typeof(T).MakeByRefType(), typeof(WireWriter)], typeof(MemberCodec<T>).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        foreach (var member in members)
        {
            il.Emit(OpCodes.Ldarg_1);
            EmitLoad(il);
            il.Emit(OpCodes.Ldfld, member);
            il.Emit(OpCodes.Call, MemberEmit.Writer(member.FieldType));
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<WriteMembers>();
    }

    private static ReadMembers EmitRead(List<FieldInfo> members)
    {
        var method = new DynamicMethod($"Read{typeof(T).Name}", typeof(void), [typeof(T).MakeByRefType(), typeof(WireReader)], typeof(MemberCodec<T>).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        foreach (var member in members)
        {
            EmitLoad(il);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, MemberEmit.Reader(member.FieldType));
            il.Emit(OpCodes.Stfld, member);
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<ReadMembers>();
    }

    private static void EmitLoad(ILGenerator il)
    {
        il.Emit(OpCodes.Ldarg_0);
        if (!typeof(T).IsValueType)
            il.Emit(OpCodes.Ldind_Ref);
    }
}

/// <summary>The methods that emitted code calls for values of a type.</summary>
internal static class MemberEmit
{
    public static MethodInfo Writer(Type type) => typeof(Codec<>).MakeGenericType(type).GetMethod(nameof(Codec<>.Write))!;
    public static MethodInfo Reader(Type type) => typeof(Codec<>).MakeGenericType(type).GetMethod(nameof(Codec<>.Read))!;
}
