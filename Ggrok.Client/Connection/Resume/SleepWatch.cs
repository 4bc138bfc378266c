namespace Ggrok.Client.Connection.Resume;

/// <summary>
/// Notices that this machine slept, or was cut off from the clock in another way: more time has passed between two looks than
/// there should be between them. Connections are often dead then, without anybody having said so.
/// </summary>
internal sealed class SleepWatch(TimeProvider time)
{
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(5);

    private long _last = time.GetTimestamp();
    private DateTimeOffset _lastWall = time.GetUtcNow();

    /// <summary>Whether the time since the last look is far too long. Some systems' monotonic clocks stand still in sleep, so both clocks are asked.</summary>
    public bool HasSlept()
    {
        long now = time.GetTimestamp();
        DateTimeOffset wall = time.GetUtcNow();
        bool slept = time.GetElapsedTime(_last, now) > Suspicious || wall - _lastWall > Suspicious;
        (_last, _lastWall) = (now, wall);
        return slept;
    }
}
