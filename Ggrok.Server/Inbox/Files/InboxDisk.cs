using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Inbox.Files;

/// <summary>The disk of an inbox: work that may wait for it, and the flush of the folder; whatever it does goes wrong as an <see cref="InboxStoreException"/>.</summary>
internal sealed class InboxDisk : IDisposable
{
    private readonly DiskThreads _threads = new();
    private readonly FolderFlush _flush;

    /// <param name="flushItems">Makes durable which items there are; blocks.</param>
    public InboxDisk(Action flushItems)
    {
        _flush = new FolderFlush(_threads, flushItems);
    }

    /// <summary>Does something there.</summary>
    public Task<T> RunAsync<T>(Func<T> work) => TranslatedAsync(() => _threads.RunAsync(work));

    /// <summary>Does something there.</summary>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Does something there that nobody waits for, and that may fail.</summary>
    public void Begin(Action work) => _ = _threads.RunAsync(work);

    /// <summary>Makes durable which items there are.</summary>
    public Task FlushAsync() => TranslatedAsync(async () =>
    {
        await _flush.RunAsync().ConfigureAwait(false);
        return true;
    });

    public void Dispose() => _threads.Dispose();

    private static async Task<T> TranslatedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or InboxStoreException))
        {
            // Whatever the disk does must not end more than this.
            throw new InboxStoreException(e.Message, DiskFull.Is(e), e);
        }
    }
}
