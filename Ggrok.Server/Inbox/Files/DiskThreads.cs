using System.Collections.Concurrent;

namespace Ggrok.Server.Inbox.Files;

/// <summary>Threads that may wait for a disk: those of the relay and of the pool must not. They are there once something is to be done.</summary>
internal sealed class DiskThreads : IDisposable
{
    // Flushes that wait at the same time are one write of the file system's journal.
    private const int Count = 16;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Lock _gate = new();
    private readonly List<Thread> _threads = [];

    /// <summary>Does something there.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        StartOne();
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Does something there.</summary>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>What is waiting is done, and then no more.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        Thread[] threads;
        lock (_gate)
        {
            threads = [.. _threads];
        }

        // The collection itself has nothing that must be disposed of, and a thread may be about to look at it.
        Array.ForEach(threads, t => t.Join());
    }

    private void StartOne()
    {
        lock (_gate)
        {
            if (_threads.Count < Count && !_work.IsAddingCompleted)
            {
                var thread = new Thread(Work) { IsBackground = true, Name = "inbox disk" };
                _threads.Add(thread);
                thread.Start();
            }
        }
    }

    private void Work()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
