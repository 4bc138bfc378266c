namespace Ggrok.Tests.Testing;

/// <summary>Bounds waits for signals: a guard against hangs, never a measure of time.</summary>
public static class Within
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<T> Bound<T>(Task<T> task, string what, IEnumerable<string>? log = null)
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what}. {string.Join(" | ", log ?? [])}");
        }
    }

    public static async Task Bound(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what}.");
        }
    }
}
