using System.Security.Cryptography;

namespace Ggrok.Client.Configuration;

/// <summary>
/// The persistent id of this installation, beside the configuration file. The server lets it replace its own stale
/// session, and derives the random name from it.
/// </summary>
public static class ClientIdentity
{
    private const int IdBytes = 16;

    /// <summary>Reads the id, or makes one. Concurrent first starts agree on one.</summary>
    /// <param name="configPath">Path of the configuration file; the id lies in the same folder.</param>
    /// <param name="isTemporary">The folder cannot be written: the id is good for this process only.</param>
    public static string Get(string configPath, out bool isTemporary)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(configPath))!;
        string file = Path.Combine(folder, "client-id");
        string fresh = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        isTemporary = false;
        try
        {
            if (TryRead(file) is { } known)
            {
                return known;
            }

            Directory.CreateDirectory(folder);
            return Publish(file, fresh) ? fresh : TryRead(file) ?? fresh;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isTemporary = true;
            return fresh;
        }
    }

    // Written aside and moved without overwriting: whoever is first wins, and nobody reads a half-written id.
    private static bool Publish(string file, string id)
    {
        string temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        using (var writer = new StreamWriter(PrivateFile.Create(temporary, FileMode.CreateNew)))
        {
            writer.Write(id);
        }

        try
        {
            File.Move(temporary, file, overwrite: TryRead(file) is null && File.Exists(file));
            return true;
        }
        catch (IOException)
        {
            File.Delete(temporary);
            return false;
        }
    }

    private static string? TryRead(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        string text = File.ReadAllText(file).Trim();
        return text.Length == IdBytes * 2 && text.All(char.IsAsciiHexDigitLower) ? text : null;
    }
}
