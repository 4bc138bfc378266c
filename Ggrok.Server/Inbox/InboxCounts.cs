namespace Ggrok.Server.Inbox;

/// <summary>What inboxes did since the server started.</summary>
internal sealed class InboxCounts
{
    private long _accepted;
    private long _repeated;
    private long _delivered;
    private long _failed;
    private long _refused;
    private long _dropped;

    /// <summary>Requests that were stored.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Requests that were known already.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Requests that were delivered.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>Attempts that failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Requests that were to be stored and could not be.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Requests that were removed: by somebody, or because they were too old.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>All of them by name, as metrics show them.</summary>
    public IEnumerable<(string Name, long Count)> All =>
        [("accepted", Accepted), ("repeated", Repeated), ("refused", Refused), ("delivered", Delivered), ("failed", Failed), ("dropped", Dropped)];

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountRepeated() => Interlocked.Increment(ref _repeated);

    public void CountDelivered() => Interlocked.Increment(ref _delivered);

    public void CountFailed() => Interlocked.Increment(ref _failed);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountDropped(int items) => Interlocked.Add(ref _dropped, items);
}
