namespace Ggrok.Server.Edge.Webhook;

/// <summary>What the webhooks of all tunnels together may take of the server: memory and processors.</summary>
/// <param name="mostHeld">Bytes of bodies that are held at the same time.</param>
/// <param name="processors">Large bodies that are verified at the same time.</param>
internal sealed class WebhookLoad(long mostHeld, int processors)
{
    /// <summary>Bodies up to this size, in bytes, are verified where they arrived: that takes less than moving them.</summary>
    public const int SmallBody = 64 * 1024;

    private const long MostHeld = 512L * 1024 * 1024;

    private readonly SemaphoreSlim _turns = new(processors);

    public WebhookLoad()
        : this(Math.Min(MostHeld, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8), Environment.ProcessorCount)
    {
    }

    /// <summary>Counts the bytes of bodies that are held.</summary>
    public HeldBytes Held { get; } = new(mostHeld);

    /// <summary>
    /// Does on the thread pool what takes long, in turn: the thread that a body arrived on has other connections to look after.
    /// </summary>
    public async ValueTask<T> RunAsync<T>(Func<T> work)
    {
        await _turns.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Task.Run(work).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }
}
