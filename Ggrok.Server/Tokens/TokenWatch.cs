using Ggrok.Server.Audit;
using Ggrok.Server.Tokens.Store;

namespace Ggrok.Server.Tokens;

/// <summary>Looks at the files of tokens, and at the clock, once a second; what changed counts at once for sessions that are open.</summary>
internal sealed partial class TokenWatch(
    TokenSources sources, TokenSessions sessions, TokenStore store, AuditLog audit, TimeProvider time, ILogger<TokenWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PeriodicTimer _timer = new(Interval, time);
    private int _expired;
    private int _looks;

    /// <summary>How often it has looked.</summary>
    public int Looks => Volatile.Read(ref _looks);

    // Before anybody is let in: what expired until then has no sessions.
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _expired = CountExpired();
        store.Changed += Look;
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Looks now. Reads files: not for threads that serve sockets.</summary>
    public void Look()
    {
        lock (_gate)
        {
            try
            {
                TokenChange? change = sources.Refresh();
                int expired = CountExpired();
                if (change is not null || expired != _expired)
                {
                    _expired = expired;
                    Tell(change);
                    sessions.CheckAll();
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A watch that ends in silence would leave revoked tokens valid.
                LogUnexpected(e);
            }

            Interlocked.Increment(ref _looks);
        }
    }

    private void Tell(TokenChange? change)
    {
        if (change is not null)
        {
            LogChanged(string.Join(", ", change.Added), string.Join(", ", change.Removed), string.Join(", ", change.Changed));
            audit.Reloaded(change.Added, change.Removed, change.Changed);
        }
    }

    private int CountExpired()
    {
        DateTimeOffset now = time.GetUtcNow();
        return sources.Current.Identities.Count(i => i.Grants.Expires <= now);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tokens changed; new: {Added}; gone: {Removed}; other grants: {Changed}")]
    private partial void LogChanged(string added, string removed, string changed);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the tokens failed without a name")]
    private partial void LogUnexpected(Exception exception);
}
