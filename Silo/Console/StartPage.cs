using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Hearth.WebConsole;

/// <summary>The page at <c>/</c>: one HTML file with its script and style inside, which its content security policy names by hash.</summary>
internal sealed class StartPage
{
    private const string Assets = "Hearth.Console.Assets.";

    private readonly byte[] html;
    private readonly string policy;

    public StartPage()
    {
        var (page, style, script) = (Asset(Assets + "index.html"), Asset(Assets + "style.css"), Script());
        html = Encoding.UTF8.GetBytes(page
            .Replace("/*style*/", style, StringComparison.Ordinal).Replace("/*script*/", script, StringComparison.Ordinal));
        policy = $"default-src 'none'; connect-src 'self'; img-src data:; style-src {Hash(style)}; script-src {Hash(script)}; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    public async Task ServeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.ContentLength = html.Length;
        await http.Response.Body.WriteAsync(html, http.RequestAborted);
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    /// <summary>The files of <c>Assets/Script</c> as one module, in the order that their names give.</summary>
    private static string Script() => string.Join('\n', Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(n => n.StartsWith(Assets + "Script.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Asset));

    /// <summary>A browser reads every line ending as \n before it hashes, so that is what is served, whatever a checkout made of it.</summary>
    private static string Asset(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
