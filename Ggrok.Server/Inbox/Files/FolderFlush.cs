namespace Ggrok.Server.Inbox.Files;

/// <summary>Flushes a folder for all who ask while it is being flushed at once: many files that came together cost one flush.</summary>
internal sealed class FolderFlush(DiskThreads disk, Action flush)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private bool _isRunning;

    /// <summary>Returns once a flush is over that began after this call.</summary>
    public Task RunAsync()
    {
        lock (_gate)
        {
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isRunning)
            {
                _isRunning = true;
                _ = disk.RunAsync(FlushWhileAsked);
            }

            return _next.Task;
        }
    }

    private void FlushWhileAsked()
    {
        while (true)
        {
            TaskCompletionSource asked;
            lock (_gate)
            {
                if (_next is null)
                {
                    _isRunning = false;
                    return;
                }

                (asked, _next) = (_next, null);
            }

            try
            {
                flush();
                asked.SetResult();
            }
            catch (Exception e)
            {
                asked.SetException(e);
            }
        }
    }
}
