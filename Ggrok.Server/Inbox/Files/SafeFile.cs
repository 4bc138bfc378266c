namespace Ggrok.Server.Inbox.Files;

/// <summary>Files that are there whole or not at all.</summary>
internal static class SafeFile
{
    /// <summary>What the names of files end with that are being written.</summary>
    public const string Unfinished = ".tmp";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes and flushes a file and gives it its name; that name is durable once the folder is flushed, too.</summary>
    public static void Write(string path, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        string temporary = path + Unfinished;
        try
        {
            using (var file = new FileStream(temporary, Options(FileMode.Create, FileAccess.Write)))
            {
                foreach (ReadOnlyMemory<byte> part in parts)
                {
                    file.Write(part.Span);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            Delete(temporary);
            throw;
        }
    }

    /// <summary>Opens a file for adding to its end.</summary>
    public static FileStream Append(string path) => new(path, Options(FileMode.Append, FileAccess.Write));

    /// <summary>Makes a folder that only the owner may enter.</summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnersFolder);
        }
    }

    /// <summary>Removes a file if that can be done; whatever is left over is removed at the next start.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one that counts.
        }
    }

    private static FileStreamOptions Options(FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
