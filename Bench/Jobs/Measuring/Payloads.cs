using System.Text;

namespace Hearth.Bench.Jobs;

/// <summary>What the function takes: about 100 bytes of JSON.</summary>
internal sealed record Item(int I, string Kind, string Customer, string Email, string Pad);

/// <summary>Inputs, rendered before the clock starts: rendering is the caller's work and no store's.</summary>
internal static class Payloads
{
    private static byte[][] rendered = [];

    public static void Render(int jobs)
    {
        if (rendered.Length < jobs)
            rendered = [.. Enumerable.Range(0, jobs).Select(i => Encoding.UTF8.GetBytes(Text(i)))];
    }

    public static byte[] Of(int job) => rendered[job % rendered.Length];

    private static string Text(int i) =>
        $$"""{"i":{{i}},"kind":"invoice.send","customer":"c-0000042","email":"someone@example.com","pad":"xxxxxxxxxxxx"}""";
}
