using System.Text;

namespace Hearth.Executables;

/// <summary>A run's standard error as log lines: one a line, bounded in length and in total, without control characters.</summary>
internal sealed partial class ErrorOutput(ILogger logger, string function)
{
    /// <summary>A longer line is logged in parts.</summary>
    public const int LineBytesMax = 4096;

    /// <summary>What a run may write before the rest is dropped.</summary>
    public const int BytesMax = 256 * 1024;

    private readonly byte[] line = new byte[LineBytesMax];
    private int length;
    private long total;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        var room = (int)Math.Clamp(BytesMax - total, 0, bytes.Length);
        total += bytes.Length;
        foreach (var b in bytes[..room])
            Add(b);
    }

    /// <summary>Logs what has no line end, and whether something was dropped.</summary>
    public void End()
    {
        Flush();
        if (total > BytesMax)
            LogCut(logger, function, total - BytesMax);
    }

    private void Add(byte b)
    {
        if (b != (byte)'\n')
            line[length++] = b;
        if (b == (byte)'\n' || length == line.Length)
            Flush();
    }

    private void Flush()
    {
        if (length > 0 && logger.IsEnabled(LogLevel.Information))
        {
            var text = Clean(Encoding.UTF8.GetString(line, 0, length));
            LogLine(logger, function, text);
        }

        length = 0;
    }

    /// <summary>Escape sequences could rewrite a terminal that shows the log.</summary>
    private static string Clean(string text) =>
        string.Concat(text.TrimEnd('\r').Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c));

    [LoggerMessage(Level = LogLevel.Information, Message = "{Function}: {Line}")]
    private static partial void LogLine(ILogger logger, string function, string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: its error output was cut, {Dropped} bytes are not shown")]
    private static partial void LogCut(ILogger logger, string function, long dropped);
}
