using Ggrok.Client.Connection;
using Ggrok.Shared.Multiplexing;

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

    /// <summary>Opens a stream; waits for a session. Null when none comes, or none takes it.</summary>
    public async ValueTask<MuxStream?> OpenAsync(CancellationToken stop)
    {
        try
        {
            ClientSession session = await Current().WaitAsync(Patience, time, stop).ConfigureAwait(false);
            return session.Connection.OpenStream();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return null;
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
