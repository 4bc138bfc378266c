using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Rendezvous;

/// <summary>The session of the moment, for whoever opens streams on it.</summary>
internal sealed class SessionSource(TimeProvider time)
{
    // A connection that comes while the session is being opened again waits a little instead of failing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TaskCompletionSource<ClientSession> _next = New();

    /// <summary>The session is ready.</summary>
    public void Set(ClientSession session)
    {
        lock (_gate)
        {
            if (_next.Task.IsCompleted)
            {
                _next = New();
            }

            _next.SetResult(session);
        }
    }

    /// <summary>The session is over, or takes no more streams.</summary>
    public void Clear(ClientSession session)
    {
        lock (_gate)
        {
            if (_next.Task.IsCompletedSuccessfully && ReferenceEquals(_next.Task.Result, session))
            {
                _next = New();
            }
        }
    }

    /// <summary>Opens a stream if there is a session now.</summary>
    public MuxStream? TryOpen() => Current() is { IsCompletedSuccessfully: true } ready ? ready.Result.Connection.OpenStream() : null;

    /// <summary>Opens a stream; waits for a session. Without a stream, the error says why.</summary>
    public async ValueTask<(MuxStream? Stream, RelayError Error)> OpenAsync(CancellationToken stop)
    {
        long started = time.GetTimestamp();
        try
        {
            while (true)
            {
                TimeSpan left = Patience - time.GetElapsedTime(started);
                ClientSession session = await Current().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, stop).ConfigureAwait(false);
                if (session.Connection.OpenStream() is { } stream)
                {
                    return (stream, RelayError.None);
                }

                if (!session.Connection.IsClosing && !session.Connection.RefusesStreams)
                {
                    return (null, RelayError.TooManyStreams);
                }

                // It has just ended, or is about to: the next one counts.
                Clear(session);
            }
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return (null, RelayError.TunnelLost);
        }
    }

    private Task<ClientSession> Current()
    {
        lock (_gate)
        {
            return _next.Task;
        }
    }

    private static TaskCompletionSource<ClientSession> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
