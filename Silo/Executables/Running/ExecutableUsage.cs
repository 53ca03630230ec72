using System.Runtime.InteropServices;

namespace Hearth.Executables;

/// <summary>What one run used, its whole tree together.</summary>
/// <param name="CpuSeconds">Processor time in user and kernel.</param>
/// <param name="MemoryBytesMax">The largest resident memory of one of its processes.</param>
/// <param name="InputBytes">Bytes that were given to it.</param>
/// <param name="OutputBytes">Bytes that it wrote to its standard output.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ExecutableUsage(double CpuSeconds, long MemoryBytesMax, long InputBytes, long OutputBytes);
