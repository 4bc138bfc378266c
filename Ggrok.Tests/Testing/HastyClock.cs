namespace Ggrok.Tests.Testing;

/// <summary>Time that goes so many times faster, for what takes a minute and cannot be set.</summary>
public sealed class HastyClock(int times) : TimeProvider
{
    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => System.GetTimestamp() * times;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds((double)GetTimestamp() / TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new HastyTimer(System.CreateTimer(callback, state, Hasten(dueTime), Hasten(period)), this);

    private TimeSpan Hasten(TimeSpan time) => time <= TimeSpan.Zero ? time : time / times;

    private sealed class HastyTimer(ITimer timer, HastyClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Hasten(dueTime), clock.Hasten(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
