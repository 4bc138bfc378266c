namespace Ggrok.Server.Hosting;

/// <summary>
/// What was read from files, read again when they change. Files that are broken, or half written, leave what there was.
/// Not for several threads at once.
/// </summary>
/// <typeparam name="T">What is read.</typeparam>
/// <typeparam name="TProblem">What says that the files cannot be used; its message is one sentence.</typeparam>
internal sealed class WatchedFiles<T, TProblem>
    where T : class
    where TProblem : Exception
{
    private readonly string[] _paths;
    private readonly Func<T> _load;

    // Of what Value was read from: files that could not be used differ from it, and are tried again.
    private Stamp[] _stamps;
    private string? _problem;

    /// <exception cref="Exception">The files cannot be used.</exception>
    public WatchedFiles(IEnumerable<string?> paths, Func<T> load)
    {
        _paths = [.. paths.OfType<string>()];
        _load = load;
        _stamps = Stamps();
        Value = load();
    }

    /// <summary>The newest that could be used.</summary>
    public T Value { get; private set; }

    /// <summary>Looks at the files.</summary>
    /// <param name="problem">Why they cannot be used, once for each reason; null when there is nothing new to say.</param>
    /// <returns>Whether <see cref="Value"/> is new.</returns>
    public bool Refresh(out string? problem)
    {
        problem = null;

        // Taken before the files are read: what is written meanwhile makes another stamp.
        Stamp[] stamps = Stamps();
        if (stamps.AsSpan().SequenceEqual(_stamps))
        {
            // What was wrong for a while would be news if it came again.
            _problem = null;
            return false;
        }

        try
        {
            Value = _load();
            _stamps = stamps;
            _problem = null;
            return true;
        }
        catch (TProblem e)
        {
            problem = e.Message == _problem ? null : e.Message;
            _problem = e.Message;
            return false;
        }
    }

    private Stamp[] Stamps() => [.. _paths.Select(StampOf)];

    // Of the opened file: symbolic links are followed, as reading does, so that a link to another file is a change.
    private static Stamp StampOf(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
            return new Stamp(File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private readonly record struct Stamp(DateTime Written, long Length);
}
