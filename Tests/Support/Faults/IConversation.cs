namespace Hearth.Tests.Support.Faults;

/// <summary>One connection as seen by a proxy that reads along. Each method may keep bytes back until more have come.</summary>
internal interface IConversation
{
    /// <returns>What goes on to the server now; null resets the connection.</returns>
    ReadOnlyMemory<byte>? Request(ReadOnlyMemory<byte> bytes);

    /// <returns>What goes on to the client now; null resets the connection.</returns>
    ReadOnlyMemory<byte>? Reply(ReadOnlyMemory<byte> bytes);
}
