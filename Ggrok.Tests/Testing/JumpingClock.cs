namespace Ggrok.Tests.Testing;

/// <summary>The system's time, but what the wall clock shows can be changed, as administrators and time services do. Timers and durations are not touched.</summary>
public sealed class JumpingClock : TimeProvider
{
    private long _offset;

    /// <summary>Puts the wall clock forward, or back.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));
}
