using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Orleans.Copying;

/// <summary>
/// Copies objects and structs member by member. The code that assigns the members is emitted, because only so can it
/// reach private and read-only fields.
/// </summary>
internal static class MemberCopier<T>
{
    private delegate void Fill(ref T from, ref T to, CopyContext context);

    public static Copy<T> Make()
    {
        var members = CopyMembers.Of(typeof(T), typeof(T).Name);
        var whole = members.Count == CopyMembers.AllFields(typeof(T)).Count();
        // A shallow clone brings the immutable members along, if there is nothing in it that is not a member.
        var fill = Emit(whole ? members.Where(m => !IsShared(m)) : members);
        if (typeof(T).IsValueType)
            return (value, context) =>
            {
                var copy = whole ? value : default!;
                fill(ref value, ref copy, context);
                return copy;
            };
        var create = whole ? static value => (T)Clone(value!) : Creator();
        return (value, context) =>
        {
            if (context.Find(value!) is { } known)
                return (T)known;
            var copy = create(value);
            context.Add(value!, copy!);
            fill(ref value, ref copy, context);
            return copy;
        };
    }

    private static Func<T, T> Creator() =>
        typeof(T).GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Type.EmptyTypes) is { } constructor
            ? _ => (T)constructor.Invoke(null)
            : static _ => (T)RuntimeHelpers.GetUninitializedObject(typeof(T));

    private static bool IsShared(FieldInfo member) =>
        Copyable.IsImmutable(member.FieldType) || CopyMembers.IsPromisedImmutable(member);

    private static Fill Emit(IEnumerable<FieldInfo> members)
    {
        var method = new DynamicMethod($"Copy{typeof(T).Name}", typeof(void),
            [typeof(T).MakeByRefType(), typeof(T).MakeByRefType(), typeof(CopyContext)], typeof(MemberCopier<T>).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        foreach (var member in members)
        {
            EmitLoad(il, OpCodes.Ldarg_1);
            EmitLoad(il, OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, member);
            if (!IsShared(member))
            {
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Call, typeof(Copier<>).MakeGenericType(member.FieldType)
                    .GetMethod(nameof(Copier<>.Copy), [member.FieldType, typeof(CopyContext)])!);
            }
            il.Emit(OpCodes.Stfld, member);
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Fill>();
    }

    private static void EmitLoad(ILGenerator il, OpCode argument)
    {
        il.Emit(argument);
        if (!typeof(T).IsValueType)
            il.Emit(OpCodes.Ldind_Ref);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = nameof(MemberwiseClone))]
    private static extern object Clone(object value);
}
