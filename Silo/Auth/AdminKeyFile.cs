using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Auth;

/// <summary>Where the admin key's hash is kept: <c>admin-key.sha256</c> in the data folder.</summary>
internal static class AdminKeyFile
{
    private const int HashBytes = 32;

    /// <summary>Makes a key, stores its hash and prints the key, which is shown only this once.</summary>
    public static int Create(string data)
    {
        var key = AdminKey.Create();
        var path = PathIn(data);
        try
        {
            DataFolder.Make(data);
            var temporary = path + ".new";
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(AdminKey.Hash(key)) + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The key cannot be stored in {path}: {e.Message}");
            return 1;
        }

        Console.WriteLine(key);
        Console.Error.WriteLine($"This key is shown once; its hash is in {path}. Restart the silo, then send: Authorization: Bearer <key>");
        return 0;
    }

    /// <summary>The configured hash, else the stored one, else null: no key.</summary>
    /// <exception cref="StartException">It is there and cannot be used.</exception>
    public static byte[]? Load(HearthOptions options)
    {
        var path = PathIn(options.Data);
        try
        {
            var text = options.AdminKeyHash ?? (File.Exists(path) ? File.ReadAllText(path).Trim() : null);
            if (text is null)
                return null;
            var hash = Convert.FromHexString(text);
            return hash.Length == HashBytes
                ? hash
                : throw new StartException($"The admin key's hash has {hash.Length} bytes instead of {HashBytes}: make a new one with 'admin-key'.");
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The admin key's hash ({path}, or Hearth:AdminKeyHash) cannot be read: {e.Message}", e);
        }
    }

    private static string PathIn(string data) => Path.Combine(Path.GetFullPath(data), "admin-key.sha256");
}
