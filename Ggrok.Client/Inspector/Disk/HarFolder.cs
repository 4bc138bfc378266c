using System.Globalization;
using System.Text.RegularExpressions;
using Ggrok.Client.Configuration;
using Ggrok.Client.Inspector.Har;

namespace Ggrok.Client.Inspector.Disk;

/// <summary>
/// HAR files in a folder, of which the newest is written to. Each is valid after every write: entries are written over its
/// end, and the end again behind them. Other files in the folder are left alone.
/// </summary>
internal sealed partial class HarFolder(RecordOptions options, TimeProvider time) : IDisposable
{
    private const long LargestFile = 64 * 1024 * 1024;
    private const int UsualFiles = 16;
    private const int FewestFiles = 4;

    private FileStream? _current;
    private long _end;
    private bool _isEmpty;
    private DateTime _named;

    /// <summary>Size in bytes that one entry may have.</summary>
    public long LargestEntry => options.MaxBytes / FewestFiles;

    /// <summary>Size in bytes at which a new file is begun; also the size of a write of several entries.</summary>
    public long UsualSize => Math.Min(options.MaxBytes / UsualFiles, LargestFile);

    /// <summary>Adds entries, separated by commas.</summary>
    /// <exception cref="IOException">The disk is full, or the folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The file system or a limit of the process allows no file so large (EFBIG).</exception>
    public void Append(ReadOnlySpan<byte> entries)
    {
        // Somebody may have tidied up.
        if (_current is null || (!_isEmpty && _end + entries.Length > UsualSize) || !File.Exists(_current.Name))
        {
            Open();
        }

        MakeRoom(entries.Length);
        byte[] bytes = [.. _isEmpty ? ""u8 : ",\n"u8, .. entries, .. HarWriter.End];
        try
        {
            _current!.Position = _end;
            _current.Write(bytes);
            _end += bytes.Length - HarWriter.End.Length;
            _isEmpty = false;
        }
        catch
        {
            Restore();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current?.Dispose();
        _current = null;
    }

    // Names are in the order of time. Another client may write here as well.
    [GeneratedRegex(@"^ggrok-\d{8}-\d{6}-\d{7}\.har$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Ours { get; }

    private void Open()
    {
        Dispose();
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(options.Folder);
        }
        else
        {
            Directory.CreateDirectory(options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        while (_current is null)
        {
            // Two of the same name would be out of order.
            DateTime now = time.GetUtcNow().UtcDateTime;
            _named = now > _named ? now : _named.AddTicks(1);
            string path = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"ggrok-{_named:yyyyMMdd-HHmmss-fffffff}.har"));
            try
            {
                _current = PrivateFile.Create(path, FileMode.CreateNew, FileShare.Read, bufferSize: 0);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another client's.
            }
        }

        _isEmpty = true;
        _end = HarWriter.Begin.Length;
        try
        {
            _current.Write([.. HarWriter.Begin, .. HarWriter.End]);
        }
        catch
        {
            string path = _current.Name;
            Dispose();
            File.Delete(path);
            throw;
        }
    }

    private void MakeRoom(int bytes)
    {
        (FileInfo File, long Size)[] files =
        [
            .. new DirectoryInfo(options.Folder).EnumerateFiles("ggrok-*.har").Where(f => Ours.IsMatch(f.Name)).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => (f, SizeOf(f))),
        ];
        long sum = files.Sum(f => f.Size) + bytes;
        foreach ((FileInfo file, long size) in files.Where(f => f.File.Name != Path.GetFileName(_current!.Name)))
        {
            if (sum > options.MaxBytes && TryDelete(file))
            {
                sum -= size;
            }
        }
    }

    private static long SizeOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            // Another client made room as well.
            return 0;
        }
    }

    private static bool TryDelete(FileInfo file)
    {
        try
        {
            // What another client has open cannot be opened alone.
            using (file.Open(FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                file.Delete();
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // What was there before the write that failed. It needs no more room than that had.
    private void Restore()
    {
        try
        {
            _current!.SetLength(_end);
            _current.Position = _end;
            _current.Write(HarWriter.End);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Dispose();
        }
    }
}
