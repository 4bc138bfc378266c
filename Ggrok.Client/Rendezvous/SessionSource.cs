using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Rendezvous;

/// <summary>The sessions of the moment, for whoever opens streams on one of them.</summary>
internal sealed class SessionSource(TimeProvider time)
{
    // A connection that comes while the session is being opened again waits a little instead of failing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private ClientSession[] _ready = [];
    private TaskCompletionSource _any = New();

    /// <summary>The session is ready.</summary>
    public void Set(ClientSession session)
    {
        lock (_gate)
        {
            _ready = [.. _ready, session];
            _any.TrySetResult();
        }
    }

    /// <summary>The session is over, or takes no more streams.</summary>
    public void Clear(ClientSession session)
    {
        lock (_gate)
        {
            _ready = Array.FindAll(_ready, s => s != session);
            if (_ready.Length == 0 && _any.Task.IsCompleted)
            {
                _any = New();
            }
        }
    }

    /// <summary>Opens a stream if there is a session now.</summary>
    public MuxStream? TryOpen() => TryOpen(out _);

    /// <summary>Opens a stream; waits for a session. Without a stream, the error says why.</summary>
    public async ValueTask<(MuxStream? Stream, RelayError Error)> OpenAsync(CancellationToken stop)
    {
        long started = time.GetTimestamp();
        try
        {
            while (true)
            {
                TimeSpan left = Patience - time.GetElapsedTime(started);
                await Any().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, stop).ConfigureAwait(false);
                if (TryOpen(out bool isFull) is { } stream)
                {
                    return (stream, RelayError.None);
                }

                if (isFull)
                {
                    return (null, RelayError.TooManyStreams);
                }
            }
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return (null, RelayError.TunnelLost);
        }
    }

    // On the one with the fewest, an interrupted or silent one only if there is no other. One that has just ended, or is about to, is forgotten: the next one counts.
    private MuxStream? TryOpen(out bool isFull)
    {
        isFull = false;
        foreach (ClientSession session in Volatile.Read(ref _ready)
            .OrderBy(s => s.Connection.IsSuspended).ThenBy(s => s.Connection.SilentFor).ThenBy(s => s.Connection.OpenStreams))
        {
            if (session.Connection.OpenStream() is { } stream)
            {
                return stream;
            }

            if (session.Connection.IsClosing || session.Connection.RefusesStreams)
            {
                Clear(session);
            }
            else
            {
                isFull = true;
            }
        }

        return null;
    }

    private Task Any()
    {
        lock (_gate)
        {
            return _any.Task;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
