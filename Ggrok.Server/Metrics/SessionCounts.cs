using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Metrics;

/// <summary>Counts sessions of clients and registrations since the start.</summary>
public sealed class SessionCounts
{
    private readonly long[] _ended = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _refused = new long[Enum.GetValues<RejectCode>().Length];
    private long _opened;
    private long _resumed;

    /// <summary>Sessions that were opened.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>How often sessions went on over another connection.</summary>
    public long Resumed => Volatile.Read(ref _resumed);

    /// <summary>Sessions that ended, by reason; those that happened.</summary>
    public IEnumerable<KeyValuePair<CloseReason, long>> Ended =>
        Enum.GetValues<CloseReason>().Select(r => KeyValuePair.Create(r, Volatile.Read(ref _ended[(int)r]))).Where(c => c.Value > 0);

    /// <summary>Registrations that were refused, by code; those that happened.</summary>
    public IEnumerable<KeyValuePair<RejectCode, long>> Refused =>
        Enum.GetValues<RejectCode>().Select(c => KeyValuePair.Create(c, Volatile.Read(ref _refused[(int)c]))).Where(c => c.Value > 0);

    /// <summary>A session begins.</summary>
    public void CountOpened() => Interlocked.Increment(ref _opened);

    /// <summary>A session goes on over another connection.</summary>
    public void CountResumed() => Interlocked.Increment(ref _resumed);

    /// <summary>A session is over.</summary>
    public void CountEnded(CloseReason reason) => Interlocked.Increment(ref _ended[(int)reason]);

    /// <summary>A registration was refused.</summary>
    public void CountRefused(RejectCode code) => Interlocked.Increment(ref _refused[(int)code]);
}
