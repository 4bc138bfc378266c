using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inbox.Files;

namespace Ggrok.Client.Inbox.Pull;

/// <summary>
/// The folder that stored requests are fetched to, a file each. A file has its name only when all of it is on disk. Nothing of its name comes
/// from a visitor.
/// </summary>
/// <param name="folder">The folder; it is made when it is needed.</param>
/// <param name="client">Asks the server.</param>
internal sealed class PulledFolder(string folder, InboxClient client)
{
    private const int CompareBytes = 64 * 1024;

    /// <summary>Whether there is a file for a request.</summary>
    public bool Has(InboxItem item) => File.Exists(PathOf(item));

    /// <summary>Where the file of a request is, or is going to be.</summary>
    public string PathOf(InboxItem item) => Path.Combine(folder, RequestFile.NameOf(item));

    /// <summary>Fetches a request. What is there already stays as it is.</summary>
    /// <exception cref="Connection.ServerApiException">The server cannot be asked, or has it no more.</exception>
    /// <exception cref="FormatException">The request cannot stand in a file.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public async Task<PullResult> FetchAsync(InboxItem item, CancellationToken stop)
    {
        MakeFolder();
        string path = PathOf(item);

        // Its lock keeps a second pull away, and what an earlier one left is written over.
        string part = Path.Combine(folder, $".{item.Id}.part");
        await using FileStream file = Open(part);
        bool isMoved = false;
        try
        {
            file.SetLength(0);
            await WriteAsync(file, item, stop).ConfigureAwait(false);
            if (File.Exists(path))
            {
                if (!await IsSameAsync(file, path, stop).ConfigureAwait(false))
                {
                    return PullResult.Differs;
                }

                // Whoever wrote it may not have come that far.
                FlushFile(path);
                DirectoryFlush.Run(folder);
                return PullResult.WasThere;
            }

            File.Move(part, path);
            isMoved = true;
            DirectoryFlush.Run(folder);
            return PullResult.Written;
        }
        finally
        {
            if (!isMoved)
            {
                File.Delete(part);
            }
        }
    }

    private static FileStream Open(string part)
    {
        // Elsewhere an open file can be renamed, and the lock lasts until then.
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Webhooks hold secrets.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(part, options);
    }

    private async Task WriteAsync(FileStream file, InboxItem item, CancellationToken stop)
    {
        InboxItemDetails details = await client.ItemAsync(item.Id, stop).ConfigureAwait(false);
        await file.WriteAsync(RequestFileWriter.Head(details), stop).ConfigureAwait(false);
        long copied = await client.CopyBodyAsync(item.Id, file, stop).ConfigureAwait(false);
        if (copied != details.Bytes)
        {
            throw new IOException($"Its body should have {details.Bytes} bytes, and the server sent {copied}.");
        }

        await file.FlushAsync(stop).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    private void MakeFolder()
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        // Each that is made is a name in the one above.
        var changed = new List<string>();
        for (string? parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            changed.Add(parent);
            if (Directory.Exists(parent))
            {
                break;
            }
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        changed.ForEach(DirectoryFlush.Run);
    }

    private static void FlushFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        file.Flush(flushToDisk: true);
    }

    private static async Task<bool> IsSameAsync(FileStream one, string path, CancellationToken stop)
    {
        await using FileStream other = File.OpenRead(path);
        if (one.Length != other.Length)
        {
            return false;
        }

        one.Position = 0;
        byte[] first = new byte[CompareBytes];
        byte[] second = new byte[CompareBytes];
        int count;
        while ((count = await one.ReadAtLeastAsync(first, CompareBytes, throwOnEndOfStream: false, stop).ConfigureAwait(false)) > 0)
        {
            int same = await other.ReadAtLeastAsync(second.AsMemory(0, count), count, throwOnEndOfStream: false, stop).ConfigureAwait(false);
            if (!first.AsSpan(0, count).SequenceEqual(second.AsSpan(0, same)))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What came of fetching a request.</summary>
internal enum PullResult
{
    /// <summary>There is a new file, and it is on disk.</summary>
    Written,

    /// <summary>There was a file that is the same byte for byte.</summary>
    WasThere,

    /// <summary>There is a file of this name with something else in it.</summary>
    Differs,
}
