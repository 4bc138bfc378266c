namespace Ggrok.Server.Balancing;

/// <summary>What requests tell of a member: after failures in a row it gets no more of them for a while, longer each time.</summary>
internal sealed class PassiveHealth(TimeProvider time)
{
    /// <summary>Failures in a row after which a member is taken out.</summary>
    public const int Patience = 3;

    /// <summary>For how long the first time; twice as long each further time.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <summary>For how long at most.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private int _failures;
    private TimeSpan _pause;
    private long _outUntil;

    /// <summary>The member gets no requests now, unless there is no other.</summary>
    public bool IsOut => Volatile.Read(ref _outUntil) is var until && until != 0 && time.GetTimestamp() < until;

    /// <summary>A request reached the local service and was answered.</summary>
    public void Succeeded()
    {
        // Nearly always: no lock on the path of every request.
        if (Volatile.Read(ref _failures) == 0)
        {
            return;
        }

        lock (_gate)
        {
            _failures = 0;
            _pause = TimeSpan.Zero;
            Volatile.Write(ref _outUntil, 0);
        }
    }

    /// <summary>A request failed for a reason that lies with the member. True when it is taken out by that.</summary>
    public bool Failed()
    {
        lock (_gate)
        {
            // Those that were running when it was taken out say nothing new.
            if (IsOut || ++_failures < Patience)
            {
                return false;
            }

            _pause = _pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, LongestPause.Ticks));
            Volatile.Write(ref _outUntil, time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency));
            return true;
        }
    }
}
