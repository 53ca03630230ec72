using Orleans.Runtime;

namespace Orleans.Serialization;

/// <summary>References to grains: class, interface and key.</summary>
internal static class ReferenceCodec
{
    public static ValueCodec<T> For<T>() => new(
        static (writer, value) =>
        {
            writer.WriteByte(value is null ? (byte)0 : (byte)1);
            if (value is not null)
                Write(writer, ((IAddressable)value).ToReference());
        },
        static reader => reader.ReadByte() == 0 ? default! : (T)Read(reader).As(typeof(T)));

    public static void Write(WireWriter writer, GrainReference reference)
    {
        WireTypes.Write(writer, reference.Shared.Class.Type);
        WireTypes.Write(writer, reference.Shared.Type);
        writer.WriteText(reference.Key);
    }

    public static GrainReference Read(WireReader reader)
    {
        var grainClass = reader.Silo.ClassOf(WireTypes.Read(reader));
        var grainInterface = WireTypes.Read(reader);
        var key = reader.ReadText();
        return string.IsNullOrEmpty(key) ? throw new WireFormatException("A grain's key is empty.")
            : (GrainReference)reader.Silo.Refer(grainClass, grainInterface, key);
    }
}
