using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Hearth.Schedules;

/// <summary>Chance that is the same in every process: what a text hashes to.</summary>
internal static class StableHash
{
    public static ulong Of(string text) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
