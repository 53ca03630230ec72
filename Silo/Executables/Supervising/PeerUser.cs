using System.Net.Sockets;

namespace Hearth.Executables;

/// <summary>Who is at the other end of a Unix socket. The folder's mode keeps others out already; this is the second lock.</summary>
internal static class PeerUser
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    public static bool IsOurs(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        // struct ucred: process, user, group.
        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            && BitConverter.ToUInt32(credentials[4..]) == Posix.UserId();
    }
}
