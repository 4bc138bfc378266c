namespace Ggrok.Tests.Testing;

/// <summary>Waits for what another process or thread brings about and does not signal.</summary>
public static class Eventually
{
    // Looking without a pause would take the processor from what is waited for.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task BecomesAsync<T>(Func<Task<T>> read, T expected)
    {
        DateTime limit = DateTime.UtcNow + Within.Limit;
        T last;
        do
        {
            last = await read();
            if (Equals(last, expected))
            {
                return;
            }

            await Task.Delay(Pause);
        }
        while (DateTime.UtcNow < limit);

        last.ShouldBe(expected);
    }
}
