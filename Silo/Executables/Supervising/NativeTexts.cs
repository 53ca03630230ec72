using System.Runtime.InteropServices;

namespace Hearth.Executables;

/// <summary>Native memory for one call: zeroed blocks, UTF-8 texts and NULL-ended arrays of them; freed together.</summary>
internal sealed class NativeTexts : IDisposable
{
    private readonly List<nint> blocks = [];

    public nint Allocate(int length)
    {
        var block = Marshal.AllocCoTaskMem(length);
        blocks.Add(block);
        Marshal.Copy(new byte[length], 0, block, length);
        return block;
    }

    public nint Text(string text)
    {
        var block = Marshal.StringToCoTaskMemUTF8(text);
        blocks.Add(block);
        return block;
    }

    public nint Texts(IEnumerable<string> texts)
    {
        nint[] pointers = [.. texts.Select(Text), 0];
        var block = Allocate(pointers.Length * IntPtr.Size);
        Marshal.Copy(pointers, 0, block, pointers.Length);
        return block;
    }

    public void Dispose()
    {
        foreach (var block in blocks)
            Marshal.FreeCoTaskMem(block);
        blocks.Clear();
    }
}
