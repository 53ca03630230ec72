using System.Runtime.ExceptionServices;

namespace Orleans.Serialization;

/// <summary>
/// Errors: type, message, stack as text, inner ones, and the members of types that have <see cref="GenerateSerializerAttribute"/>. A type
/// that the manifest and the base library do not have, or that cannot be made, becomes a general one that carries its name.
/// </summary>
internal static class ExceptionCodec
{
    public static ValueCodec<T> For<T>() => new(
        static (writer, value) =>
        {
            writer.WriteByte(value is null ? (byte)0 : (byte)1);
            if (value is not null)
                Write(writer, (Exception)(object)value);
        },
        static reader => reader.ReadByte() == 0 ? default!
            : Read(reader) is T error ? error : throw new WireFormatException($"An error of another type is where a {typeof(T)} is declared."));

    public static void Write(WireWriter writer, Exception error) => Write(writer, error, 0);

    public static Exception Read(WireReader reader)
    {
        reader.Enter();
        var (type, message, stack) = (reader.ReadText() ?? "", reader.ReadText() ?? "", reader.ReadText());
        var inner = reader.ReadByte() == 0 ? null : Read(reader);
        var makes = ExceptionTypes.Find(type);
        var error = makes?.Make(message, inner) ?? new UnavailableExceptionFallbackException($"{type}: {message}", inner) { ExceptionType = type };
        if (reader.ReadByte() != 0)
            (makes ?? throw new WireFormatException($"Exception {type} has members and is not in the manifest.")).ReadMembers(error, reader);
        if (!string.IsNullOrEmpty(stack))
            ExceptionDispatchInfo.SetRemoteStackTrace(error, stack);
        reader.Leave();
        return error;
    }

    private static void Write(WireWriter writer, Exception error, int level)
    {
        var type = error.GetType();
        writer.Enter();
        writer.WriteText(ExceptionTypes.NameOf(type));
        writer.WriteText(ExceptionTypes.MessageOf(error));
        writer.WriteText(error.StackTrace is { Length: > WireLimits.StackCharactersMax } stack ? stack[..WireLimits.StackCharactersMax] : error.StackTrace);
        var inner = level < WireLimits.InnerExceptionsMax ? error.InnerException : null;
        writer.WriteByte(inner is null ? (byte)0 : (byte)1);
        if (inner is not null)
            Write(writer, inner, level + 1);
        var made = ExceptionTypes.Find(ExceptionTypes.NameOf(type));
        writer.WriteByte(made is { HasMembers: true } ? (byte)1 : (byte)0);
        if (made is { HasMembers: true })
            made.WriteMembers(error, writer);
        writer.Leave();
    }
}
