using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Cli.Connecting;

/// <summary>What is always the same for a person: <c>~/.config/hearth/config.json</c>, or below <c>XDG_CONFIG_HOME</c>.</summary>
/// <param name="Url">Address of a silo.</param>
/// <param name="Key">The key itself; then nobody else may read the file.</param>
/// <param name="KeyFile">Instead: the file that has it.</param>
internal sealed record ConfigFile(string? Url = null, string? Key = null, string? KeyFile = null)
{
    private const int BytesMax = 64 << 10;

    public static string Path { get; } = System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } configured
            ? configured
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "hearth", "config.json");

    [JsonIgnore]
    public bool HasKey => Key is not null || KeyFile is not null;

    /// <exception cref="UsageException">It is there and cannot be used.</exception>
    public static ConfigFile Load()
    {
        if (!File.Exists(Path))
            return new ConfigFile();
        var text = PrivateFile.Read(Path, BytesMax);
        ConfigFile file;
        try
        {
            file = JsonSerializer.Deserialize(text, ConfigJson.Default.ConfigFile) ?? new ConfigFile();
        }
        catch (JsonException e)
        {
            throw new UsageException($"{Path} cannot be read: {e.Message} It is JSON with url, key or keyFile, all texts.", e);
        }

        if (file is { Key: not null, KeyFile: not null })
            throw new UsageException($"{Path} has both key and keyFile: keep one of them.");
        if (file.Key is not null)
            PrivateFile.CheckMode(Path);
        return file;
    }

    public string ReadKey() => Key ?? PrivateFile.ReadKey(KeyFile!);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ConfigFile))]
internal sealed partial class ConfigJson : JsonSerializerContext;
