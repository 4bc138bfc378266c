using System.Globalization;
using System.Text.Json;

namespace Ggrok.Server.Tokens.Store;

/// <summary>Changes the file of a token store: one program at a time, and so that a reader sees the old or the new file.</summary>
internal sealed class StoreFile(string path, TimeProvider time)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads, changes and writes the store while nobody else does.</summary>
    /// <exception cref="TokenFileException">The store cannot be read or written, or another program does not let go of it.</exception>
    public async Task ChangeAsync(Func<StoredTokens, StoredTokens> change, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            string real = RealPath();
            await using FileStream held = await LockAsync(real, cancellation).ConfigureAwait(false);
            var reader = new StoreReader(real);
            StoredTokens before = reader.ReadStored() ?? StoredTokens.Empty;

            // What is broken is not written over.
            reader.Entries(before);
            StoredTokens after = change(before);
            if (!ReferenceEquals(before, after))
            {
                Publish(real, after);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenFileException($"The token store {path} cannot be written: {e.Message}");
        }
    }

    // A link stays one: what it points to is replaced.
    private string RealPath() => new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    // Beside the store, which is replaced and so cannot be what is locked. It is never deleted: another one may hold it.
    private async Task<FileStream> LockAsync(string real, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(real + ".lock", Options(FileMode.OpenOrCreate));
            }
            catch (IOException) when (File.Exists(real + ".lock"))
            {
                if (time.GetElapsedTime(started) > LongestWait)
                {
                    throw new TokenFileException(string.Create(CultureInfo.InvariantCulture,
                        $"The token store {path} is locked by another program for more than {LongestWait.TotalSeconds} s; try again."));
                }
            }

            await Task.Delay(Poll, time, cancellation).ConfigureAwait(false);
        }
    }

    private static void Publish(string real, StoredTokens tokens)
    {
        string temporary = $"{real}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, Options(FileMode.CreateNew)))
            {
                JsonSerializer.Serialize(file, tokens, StoreJson.Default.StoredTokens);
                file.Write("\n"u8);

                // Before the name points to it: a machine that loses power has the old file or all of the new one.
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, real, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
