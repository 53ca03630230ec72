using System.Diagnostics;
using System.Text;

namespace Hearth.Tests.Support.Faults;

/// <summary>Programs of the machine that run to their end.</summary>
public static class Command
{
    /// <returns>The exit code and both streams; 127 where there is no such program.</returns>
    public static (int Code, string Output) Run(string program, params IReadOnlyList<string> arguments)
    {
        var output = new StringBuilder();
        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.AppendLine(line.Data);
        }

        try
        {
            using var process = new Process
            {
                StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false },
            };
            process.OutputDataReceived += Hear;
            process.ErrorDataReceived += Hear;
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
            return (process.ExitCode, output.ToString().Trim());
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (127, $"{program}: {e.Message}");
        }
    }

    /// <summary>The same for what must not fail.</summary>
    /// <exception cref="IOException">It failed; the message is what it printed.</exception>
    public static string Must(string program, params IReadOnlyList<string> arguments)
    {
        var (code, output) = Run(program, arguments);
        return code == 0 ? output : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {code}: {output}");
    }
}
