using System.Globalization;
using System.Text;

namespace Hearth.Bench.Jobs;

/// <summary>What the function takes: about 100 bytes of JSON.</summary>
internal sealed record Item(int I, string Kind, string Customer, string Email, string Pad);

/// <summary>Inputs, rendered before the clock starts: rendering is the caller's work and no store's.</summary>
internal static class Payloads
{
    /// <summary>So many different ones.</summary>
    public const int Customers = 1_000;

    private static byte[][] rendered = [];

    public static void Render(int jobs)
    {
        if (rendered.Length < jobs)
            rendered = [.. Enumerable.Range(0, jobs).Select(i => Encoding.UTF8.GetBytes(Text(i)))];
    }

    public static byte[] Of(int job) => rendered[job % rendered.Length];

    private static string Text(int i) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"i":{{i}},"kind":"invoice.send","customer":"c-{{i % Customers:0000000}}","email":"someone@example.com","pad":"xxxxxxxxxxxx"}""");
}
