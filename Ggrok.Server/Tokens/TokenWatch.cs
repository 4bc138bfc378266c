using Ggrok.Server.Audit;
using Ggrok.Server.Tokens.Store;

namespace Ggrok.Server.Tokens;

/// <summary>Looks at the files of tokens, and at the clock, once a second; what changed counts at once for sessions that are open.</summary>
internal sealed partial class TokenWatch(
    TokenSources sources, TokenSessions sessions, TokenStore store, AuditLog audit, TimeProvider time, ILogger<TokenWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private int _expired;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        store.Changed += Look;
        try
        {
            // What expired while nobody watched has no sessions.
            _expired = CountExpired();
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        finally
        {
            store.Changed -= Look;
        }
    }

    private void Look()
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
