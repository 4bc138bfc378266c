using System.Collections.Concurrent;

namespace Ggrok.Tests.Chaos;

/// <summary>What became of every visit.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, string> _failures = new();
    private readonly ConcurrentDictionary<string, byte> _answered = new();
    private TaskCompletionSource _progress = NewSignal();

    /// <summary>Visits that got exactly what they should.</summary>
    public int Answered => _answered.Count;

    /// <summary>How the others failed.</summary>
    public IReadOnlyCollection<string> Failures => [.. _failures.Select(f => $"{f.Key}: {f.Value}")];

    public int Total => _answered.Count + _failures.Count;

    public bool IsAnswered(string id) => _answered.ContainsKey(id);

    /// <summary>Runs a visit, bounded, and keeps its outcome.</summary>
    public async Task KeepAsync(string id, Func<Task> visit, TimeSpan limit)
    {
        try
        {
            await visit().WaitAsync(limit);
            _answered.TryAdd(id, 0).ShouldBeTrue();
        }
        catch (TimeoutException)
        {
            _failures[id] = $"hangs for {limit}";
        }
        catch (Exception e)
        {
            _failures[id] = e.GetType().Name + ": " + string.Join(" <- ", Messages(e));
        }

        Interlocked.Exchange(ref _progress, NewSignal()).TrySetResult();
    }

    /// <summary>Completes when so many visits are over, well or badly.</summary>
    public async Task ReachAsync(int visits)
    {
        while (true)
        {
            Task progress = Volatile.Read(ref _progress).Task;
            if (Total >= visits)
            {
                return;
            }

            await progress;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static IEnumerable<string> Messages(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            yield return e.Message.ReplaceLineEndings(" ");
        }
    }
}
