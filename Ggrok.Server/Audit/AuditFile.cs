using System.Text;
using System.Threading.Channels;

namespace Ggrok.Server.Audit;

/// <summary>
/// The audit log as a file. It is opened by its name for what is waiting and closed again: a file that was renamed or cut by a
/// rotation needs no signal, and lines of other programs (<c>tokens create</c>) come between whole lines.
/// </summary>
internal sealed partial class AuditFile : IAuditTarget, IAsyncDisposable
{
    private const int QueueLength = 10_000;
    private const int LinesAtOnce = 1000;

    // Together a second: another program holds the file for one line only.
    private const int Attempts = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Channel<AuditEvent> _queue;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writing;
    private long _lost;
    private string? _problem;

    public AuditFile(string path, TimeProvider time, ILogger log, int queueLength = QueueLength)
    {
        _path = path;
        _time = time;
        _log = log;
        _queue = Channel.CreateBounded<AuditEvent>(new BoundedChannelOptions(queueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Why the last lines could not be written; null when they could.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Lines that found no room, or could not be written, and are in no count of the file yet.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Take(AuditEvent happened)
    {
        if (!_queue.Writer.TryWrite(happened))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>Writes what is waiting and how much was lost, and no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await WriteWaitingAsync().ConfigureAwait(false);
        }

        if (Lost > 0)
        {
            await WriteWaitingAsync().ConfigureAwait(false);
        }
    }

    // Whatever goes wrong costs these lines, which are counted, and not those that come later.
    private async Task WriteWaitingAsync()
    {
        long count = 0;
        try
        {
            var lines = new StringBuilder();
            while (count < LinesAtOnce && _queue.Reader.TryRead(out AuditEvent? happened))
            {
                count++;
                lines.Append(AuditLog.LineOf(happened)).Append('\n');
            }

            long lost = Interlocked.Exchange(ref _lost, 0);
            count += lost;
            if (lost > 0)
            {
                lines.Append(AuditLog.LineOf(new AuditEvent("linesLost") { Time = _time.GetUtcNow().UtcDateTime, Lines = lost })).Append('\n');
            }

            if (await TryAppendAsync(Encoding.UTF8.GetBytes(lines.ToString())).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Complain(e.Message);
        }

        Interlocked.Add(ref _lost, count);
    }

    // Another program may be writing its line right now. What cannot be written is counted, and said once for each reason.
    private async Task<bool> TryAppendAsync(byte[] lines)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Append(lines);
                _problem = null;
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (attempt == Attempts || e is UnauthorizedAccessException or DirectoryNotFoundException)
                {
                    Complain(e.Message);
                    return false;
                }
            }

            // Other programs live by the system's clock, whatever this one does.
            await Task.Delay(Pause, TimeProvider.System).ConfigureAwait(false);
        }
    }

    private void Append(byte[] lines)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        using var file = new FileStream(_path, options);
        file.Write(lines);
    }

    private void Complain(string problem)
    {
        if (problem != _problem)
        {
            LogUnwritten(_path, problem);
        }

        _problem = problem;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log {Path} cannot be written, its lines are lost until it can: {Problem}")]
    private partial void LogUnwritten(string path, string problem);
}
