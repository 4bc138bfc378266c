using Ggrok.Server.Edge;
using Ggrok.Server.Inbox.Intake;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Inbox;

namespace Ggrok.Server.Inbox.Tunnels;

/// <summary>
/// Keeps the names of tunnels with an inbox: for as long as the inbox says since their client was there, and across restarts of
/// the server.
/// </summary>
internal sealed partial class InboxTunnels(
    InboxBook book, IInboxStore store, TunnelRegistry registry, PolicyBook policies, EdgeCompiler edge, TokenSessions tokens,
    InboxCounts counts, TimeProvider time, ILogger<InboxTunnels> log) : ITunnelWatch
{
    private static readonly TimeSpan LongestTouch = TimeSpan.FromHours(1);

    private readonly (DateTimeOffset At, long Timestamp) _started = (time.GetUtcNow(), time.GetTimestamp());

    /// <summary>A client serves the route; perhaps there is something for it.</summary>
    public event Action<string>? Arrived;

    public void Registered(TunnelRoute route)
    {
        if (route.Key.Space != RouteSpace.Http || route.Legacy is not null)
        {
            return;
        }

        string name = route.Key.ToString();
        InboxTunnel? known = book.Find(name);
        TimeSpan? age = AgeOf(route);
        if (known is not null && !InboxOwner.IsSame(known, route))
        {
            // Whoever had the name before left things behind that are nobody else's business.
            LogOthers(name);
            if (age is null)
            {
                Observe(book.ForgetAsync(known));
            }
            else
            {
                book.Leave(known);
            }

            known = null;
        }

        if (age is { } kept)
        {
            book.Keep(InboxRoute.ToTunnel(route, kept, time.GetUtcNow()));
        }
        else if (known is not null)
        {
            Observe(book.ForgetEmptyAsync(known));
        }

        Arrived?.Invoke(name);
    }

    public TimeSpan KeepsFor(TunnelRoute route)
    {
        // A session that was replaced has nothing to say any more.
        if (route.Key.Space != RouteSpace.Http || !IsCurrent(route) || book.Find(route.Key.ToString()) is not { } tunnel || !InboxOwner.IsSame(tunnel, route))
        {
            return TimeSpan.Zero;
        }

        TimeSpan age = AgeOf(route) ?? tunnel.MaxAge;
        book.Keep(tunnel with { LastSeen = time.GetUtcNow(), MaxAge = age });
        return age;
    }

    public void Freed(TunnelRoute route)
    {
        // That its time is over may be news of yesterday, where several servers share a store: the sweep looks there first.
        bool isExpired = route.IsAway && route.AwayUntil <= time.GetUtcNow();
        if (!isExpired && route.Key.Space == RouteSpace.Http && book.Find(route.Key.ToString()) is { } tunnel && InboxOwner.IsSame(tunnel, route))
        {
            LogFreed(tunnel.Name);
            Observe(book.ForgetAsync(tunnel));
        }
    }

    /// <summary>Reads which names are kept, and keeps them.</summary>
    public async Task LoadAsync()
    {
        InboxTunnel[] before = [.. book.All.Where(t => book.IsSaved(t.Name))];
        IReadOnlyList<InboxTunnel> stored = await store.LoadTunnelsAsync().ConfigureAwait(false);
        if (book.IsLoaded)
        {
            ForgetGone(before, [.. stored.Select(t => t.Name)]);
        }

        Predicate<TunnelRoute> mayStay = tokens.ThoseThatMayStay();
        foreach (InboxTunnel tunnel in stored)
        {
            try
            {
                Take(tunnel, Array.Find(before, t => t.Name == tunnel.Name), mayStay);
            }
            catch (FormatException e)
            {
                LogInvalid(tunnel.Name, e.Message);
            }
        }

        book.EndLoading();
    }

    // Given free at another server. Whoever is here keeps it.
    private void ForgetGone(InboxTunnel[] before, HashSet<string> stored)
    {
        foreach (InboxTunnel gone in before.Where(t => !stored.Contains(t.Name)))
        {
            if (registry.Free(InboxRoute.KeyOf(gone)))
            {
                book.Unload(gone.Name);
            }
        }
    }

    private void Take(InboxTunnel stored, InboxTunnel? before, Predicate<TunnelRoute> mayStay)
    {
        // First: what is not valid is left alone.
        TunnelRoute route = InboxRoute.ToRoute(stored, edge, time);
        InboxTunnel? known = book.Find(stored.Name);
        if (known is null)
        {
            book.Load(stored);
            Restore(stored, route, mayStay);
        }
        else if (!book.IsLoaded)
        {
            // Taken before anybody could know whose it was.
            if (InboxOwner.IsSame(stored, known))
            {
                book.Keep(known.After(stored));
            }
            else
            {
                LogOthers(stored.Name);
                book.Leave(stored);
            }
        }
        else if (known == before && !known.IsLike(stored) && registry.Find(route.Key) is not { IsAway: false } && book.TryReplace(known, stored))
        {
            // Another server has changed it, or given the name to somebody else.
            Restore(stored, route, mayStay);
        }
    }

    /// <summary>Removes what is too old, and says how long it is that clients were there.</summary>
    public async Task SweepAsync()
    {
        book.WriteAgain();
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset steady = _started.At + time.GetElapsedTime(_started.Timestamp);

        // A wall clock that was put forward makes nothing older.
        DateTimeOffset aged = steady < now ? steady : now;
        IReadOnlyDictionary<string, InboxTotals> totals = await store.TotalsAsync().ConfigureAwait(false);
        foreach (InboxTunnel tunnel in book.All.ToList())
        {
            bool isHere = registry.Find(InboxRoute.KeyOf(tunnel)) is { IsAway: false } route && InboxOwner.IsSame(tunnel, route);
            TimeSpan unseen = now - tunnel.LastSeen;
            if (isHere && unseen > Min(LongestTouch, tunnel.MaxAge / 10))
            {
                book.Keep(tunnel with { LastSeen = now });
            }
            else if (!isHere && aged - tunnel.LastSeen > tunnel.MaxAge)
            {
                await ExpireAsync(tunnel).ConfigureAwait(false);
                continue;
            }

            await DropOlderAsync(tunnel.Name, aged - tunnel.MaxAge, totals).ConfigureAwait(false);
        }

        // Of tunnels that nobody knows any more, as when their files were lost.
        foreach (string name in totals.Keys.Where(n => book.Find(n) is null))
        {
            await DropOlderAsync(name, aged - InboxOptions.LongestAge, totals).ConfigureAwait(false);
        }
    }

    private void Restore(InboxTunnel tunnel, TunnelRoute route, Predicate<TunnelRoute> mayStay)
    {
        if (route.AwayUntil <= time.GetUtcNow() || !mayStay(route))
        {
            registry.Free(route.Key);
            LogFreed(tunnel.Name);
            Observe(book.ForgetAsync(tunnel));
        }
        else if (registry.Restore(route, isNewer: true))
        {
            LogRestored(tunnel.Name);
        }
    }

    private bool IsCurrent(TunnelRoute route) =>
        registry.Find(route.Key) is { } current && (current == route || current.Pool?.Members.Contains(route) == true);

    private async Task DropOlderAsync(string name, DateTimeOffset than, IReadOnlyDictionary<string, InboxTotals> totals)
    {
        if (totals.GetValueOrDefault(name)?.Oldest < than && await store.DropAsync(new InboxQuery([name]) { Before = than }).ConfigureAwait(false) is var dropped and > 0)
        {
            counts.CountDropped(dropped);
            LogTooOld(dropped, name);
        }
    }

    // Another server that shares the store may have seen the client of late.
    private async Task ExpireAsync(InboxTunnel tunnel)
    {
        if (await store.LoadTunnelAsync(tunnel.Name).ConfigureAwait(false) is { } fresh && (fresh.LastSeen > tunnel.LastSeen || !InboxOwner.IsSame(fresh, tunnel)))
        {
            await LoadAsync().ConfigureAwait(false);
            return;
        }

        registry.Free(InboxRoute.KeyOf(tunnel));
        LogFreed(tunnel.Name);
        await book.ForgetAsync(tunnel).ConfigureAwait(false);
    }

    // The longest of the server's and the client's own.
    private TimeSpan? AgeOf(TunnelRoute route)
    {
        TimeSpan? longest = null;
        foreach (InboxPolicy policy in policies.PipelineOf(route)?.Policies.OfType<InboxPolicy>() ?? [])
        {
            longest = longest is { } before && before > policy.Options.MaxAge ? before : policy.Options.MaxAge;
        }

        return longest;
    }

    // It was said in the log already, and what is not removed now is so when it is too old.
    private static void Observe(Task task) => _ = task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tunnel} is kept for its client: it has an inbox")]
    private partial void LogRestored(string tunnel);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tunnel} and what is in its inbox are not kept any longer")]
    private partial void LogFreed(string tunnel);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Tunnel} is somebody else's now; what was in its inbox is removed")]
    private partial void LogOthers(string tunnel);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} requests in the inbox of {Tunnel} became too old and were removed")]
    private partial void LogTooOld(int count, string tunnel);

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox of {Tunnel} cannot be used: {Problem}")]
    private partial void LogInvalid(string tunnel, string problem);
}
