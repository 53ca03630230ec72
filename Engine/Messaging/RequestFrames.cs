using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// What the frame of a call holds: the version of the sender's view, how long the call has been on its way, class, interface, method and key,
/// the caller's context, and the arguments.
/// </summary>
internal static class RequestFrames
{
    private const byte FromGrain = 1;

    public static WireWriter Write(Request request, long version, long now)
    {
        var grain = request.Target!;
        var frame = Frames.Begin(FrameKind.Request);
        try
        {
            frame.WriteNumber((ulong)version);
            frame.WriteByte(request.FromGrain ? FromGrain : (byte)0);
            frame.WriteNumber((ulong)Math.Max(0, now - request.SentAt));
            ReferenceCodec.Write(frame, grain);
            frame.WriteNumber(request.Method.Index);
            WriteContext(frame, request.Context);
            request.Method.Codec.Write(request, frame);
            return frame;
        }
        catch
        {
            frame.Release();
            throw;
        }
    }

    /// <summary>The request, on its way as it was at the sender's.</summary>
    public static Request Read(WireReader reader, Incoming origin)
    {
        var flags = reader.ReadByte();
        var age = reader.ReadNumber();
        var grain = ReferenceCodec.Read(reader);
        var methods = ProxyFactory.For(grain.Shared.Type).Methods;
        var method = methods[reader.ReadIndex(methods.Length)];
        var context = ReadContext(reader);
        if (method.Codec.TakesToken && method.IsCall)
            reader.Cancellation = origin.Token;
        var request = method.Codec.Create();
        method.Codec.Read(request, reader);
        (request.Target, request.Context, request.FromGrain) = (grain, context, (flags & FromGrain) != 0);
        request.SentAt = grain.Shared.Class.Silo.Monitor.Now - (long)Math.Min(age, (ulong)TimeSpan.FromDays(7).TotalMilliseconds);
        (request.Origin, origin.Request) = (origin, request);
        return request;
    }

    public static WireWriter WriteHandOver(GrainClass grainClass, string key, long version)
    {
        var frame = Frames.Begin(FrameKind.HandOver);
        frame.WriteNumber((ulong)version);
        WireTypes.Write(frame, grainClass.Type);
        frame.WriteText(key);
        return frame;
    }

    public static (GrainClass Class, string Key) ReadHandOver(WireReader reader) => (
        reader.Silo.ClassOf(WireTypes.Read(reader)),
        reader.ReadText() is { Length: > 0 } key ? key : throw new WireFormatException("A grain's key is empty."));

    /// <summary>Values that could not be read over there stay here.</summary>
    private static void WriteContext(WireWriter frame, Dictionary<string, object>? context)
    {
        var sendable = context?.Where(entry => OpenCodec.CanSend(entry.Value)).ToList();
        frame.WriteNumber(sendable?.Count ?? 0);
        foreach (var (name, value) in sendable ?? [])
        {
            frame.WriteText(name);
            Codec<object>.Write(frame, value);
        }
    }

    private static Dictionary<string, object>? ReadContext(WireReader reader)
    {
        var count = reader.ReadIndex(reader.Left + 1);
        if (count == 0)
            return null;
        var context = new Dictionary<string, object>();
        for (var i = 0; i < count; i++)
            context[reader.ReadText() ?? ""] = Codec<object>.Read(reader);
        return context;
    }
}
