using System.Text.Json;

namespace Hearth.Cli.Input;

/// <summary>A document that an option names.</summary>
internal static class JsonFile
{
    /// <param name="option">The option's name.</param>
    /// <param name="path">The file; - for standard input.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static async Task<JsonElement> ReadAsync(string option, string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            using var document = await JsonDocument.ParseAsync(source, cancellationToken: cancellationToken);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} {path} cannot be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{option} {path} is not JSON: {e.Message}", e);
        }
    }
}
