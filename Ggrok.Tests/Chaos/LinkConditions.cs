namespace Ggrok.Tests.Chaos;

/// <summary>What every link of a proxy is subject to.</summary>
internal sealed class LinkConditions
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource?[] _frozen = new TaskCompletionSource?[2];
    private long _delayTicks;
    private long _bytesPerSecond;

    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _delayTicks));
        set => Volatile.Write(ref _delayTicks, value.Ticks);
    }

    public long BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond);
        set => Volatile.Write(ref _bytesPerSecond, value);
    }

    public void Freeze(Direction? direction)
    {
        lock (_gate)
        {
            foreach (Direction each in Enum.GetValues<Direction>())
            {
                if (direction is null || direction == each)
                {
                    _frozen[(int)each] ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    public void Thaw()
    {
        lock (_gate)
        {
            foreach (ref TaskCompletionSource? frozen in _frozen.AsSpan())
            {
                frozen?.SetResult();
                frozen = null;
            }
        }
    }

    /// <summary>Completes when the direction is not frozen.</summary>
    public Task FlowingAsync(Direction direction, CancellationToken over)
    {
        lock (_gate)
        {
            return _frozen[(int)direction]?.Task.WaitAsync(over) ?? Task.CompletedTask;
        }
    }
}
