using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Hearth.Bench.Http;

/// <summary>Drives wrk (Debian package wrk): a closed loop of connections, from a process of its own.</summary>
internal static partial class Wrk
{
    /// <summary>Until the server's code that runs often is compiled in full.</summary>
    public const int WarmUpSeconds = 6;

    public const string Invoice = """{"i":42,"kind":"invoice.send","customer":"c-0000042","email":"someone@example.com","pad":"xxxxxxxxxxxx"}""";

    public static async Task<WrkResult> RunAsync(Uri url, int connections, int seconds, string body = Invoice)
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                script,
                $"""
                wrk.method = "POST"
                wrk.headers["Content-Type"] = "application/json"
                wrk.body = '{body}'
                """);
            var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", "-s", script, url.ToString()])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using var process = Process.Start(start)!;
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return Parse(text);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("wrk is needed: apt-get install wrk", e);
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static WrkResult Parse(string text)
    {
        if (text.Contains("Non-2xx", StringComparison.Ordinal))
            throw new InvalidOperationException("The server answered errors:\n" + text);
        return new WrkResult((long)Number(Requests().Match(text)), Number(Rate().Match(text)), Milliseconds(P50().Match(text)), Milliseconds(P99().Match(text)));
    }

    private static double Number(Match match) => double.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);

    private static double Milliseconds(Match match) => Number(match) * (match.Groups["unit"].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 });

    [GeneratedRegex(@"(?<number>\d+) requests in", RegexOptions.NonBacktracking)]
    private static partial Regex Requests();

    [GeneratedRegex(@"Requests/sec:\s+(?<number>[\d.]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Rate();

    [GeneratedRegex(@"50%\s+(?<number>[\d.]+)(?<unit>us|ms|s)", RegexOptions.NonBacktracking)]
    private static partial Regex P50();

    [GeneratedRegex(@"99%\s+(?<number>[\d.]+)(?<unit>us|ms|s)", RegexOptions.NonBacktracking)]
    private static partial Regex P99();
}

/// <summary>Requests answered, requests a second, and latency in milliseconds.</summary>
internal sealed record WrkResult(long Requests, double Rate, double P50, double P99);
