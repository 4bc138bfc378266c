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
        if (known is not null && !IsOwn(known, route))
        {
            // Whoever had the name before left things behind that are nobody else's business.
            LogOthers(name);
            Observe(book.ForgetAsync(name));
            known = null;
        }

        if (AgeOf(route) is { } age)
        {
            book.Keep(InboxRoute.ToTunnel(route, age, time.GetUtcNow()));
        }
        else if (known is not null)
        {
            Observe(ForgetEmptyAsync(name));
        }

        Arrived?.Invoke(name);
    }

    public TimeSpan KeepsFor(TunnelRoute route)
    {
        if (route.Key.Space != RouteSpace.Http || book.Find(route.Key.ToString()) is not { } tunnel || !IsOwn(tunnel, route))
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
        if (!isExpired && route.Key.Space == RouteSpace.Http && book.Find(route.Key.ToString()) is { } tunnel && IsOwn(tunnel, route))
        {
            LogFreed(tunnel.Name);
            Observe(book.ForgetAsync(tunnel.Name));
        }
    }

    /// <summary>Reads which names are kept, and keeps them.</summary>
    public async Task LoadAsync()
    {
        InboxTunnel[] before = [.. book.All.Where(t => book.IsSaved(t.Name))];
        IReadOnlyList<InboxTunnel> stored = await store.LoadTunnelsAsync().ConfigureAwait(false);
        Predicate<string> counts = tokens.ThoseThatCount();
        foreach (InboxTunnel gone in before.Where(t => !stored.Any(s => s.Name == t.Name)))
        {
            // Given free at another server. Whoever is here keeps it.
            if (registry.Free(InboxRoute.KeyOf(gone)))
            {
                book.Unload(gone.Name);
            }
        }

        foreach (InboxTunnel tunnel in stored.Where(t => book.Find(t.Name) is null))
        {
            book.Load(tunnel);
            try
            {
                Restore(tunnel, counts);
            }
            catch (FormatException e)
            {
                LogInvalid(tunnel.Name, e.Message);
            }
        }
    }

    /// <summary>Removes what is too old, and says how long it is that clients were there.</summary>
    public async Task SweepAsync()
    {
        DateTimeOffset now = time.GetUtcNow();
        IReadOnlyDictionary<string, InboxTotals> totals = await store.TotalsAsync().ConfigureAwait(false);
        foreach (InboxTunnel tunnel in book.All.ToList())
        {
            bool isHere = registry.Find(InboxRoute.KeyOf(tunnel)) is { IsAway: false } route && IsOwn(tunnel, route);
            TimeSpan unseen = now - tunnel.LastSeen;
            if (isHere && unseen > Min(LongestTouch, tunnel.MaxAge / 10))
            {
                book.Keep(tunnel with { LastSeen = now });
            }
            else if (!isHere && unseen > tunnel.MaxAge)
            {
                await ExpireAsync(tunnel).ConfigureAwait(false);
                continue;
            }

            await DropOlderAsync(tunnel.Name, now - tunnel.MaxAge, totals).ConfigureAwait(false);
        }

        // Of tunnels that nobody knows any more, as when their files were lost.
        foreach (string name in totals.Keys.Where(n => book.Find(n) is null))
        {
            await DropOlderAsync(name, now - InboxOptions.LongestAge, totals).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a route is in the hands of the tunnel's owner.</summary>
    public static bool IsOwn(InboxTunnel tunnel, TunnelRoute route) => tunnel.IsPool
        ? InboxRoute.OwnerOf(tunnel).IsSameParty(route.Owner) || (tunnel.PoolKeyHash is not null && tunnel.PoolKeyHash == route.Terms?.KeyHash)
        : InboxRoute.OwnerOf(tunnel).IsSame(route.Owner);

    private void Restore(InboxTunnel tunnel, Predicate<string> counts)
    {
        TunnelRoute route = InboxRoute.ToRoute(tunnel, edge, time);
        if (route.AwayUntil <= time.GetUtcNow() || (tunnel.IdentityId is { } identity && !counts(identity)))
        {
            LogFreed(tunnel.Name);
            Observe(book.ForgetAsync(tunnel.Name));
        }
        else if (registry.Restore(route))
        {
            LogRestored(tunnel.Name);
        }
    }

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
        IReadOnlyList<InboxTunnel> stored = await store.LoadTunnelsAsync().ConfigureAwait(false);
        if (stored.FirstOrDefault(t => t.Name == tunnel.Name) is { } fresh && fresh.LastSeen > tunnel.LastSeen)
        {
            book.Unload(tunnel.Name);
            book.Load(fresh);
            registry.Free(InboxRoute.KeyOf(fresh));
            Restore(fresh, tokens.ThoseThatCount());
            return;
        }

        registry.Free(InboxRoute.KeyOf(tunnel));
        LogFreed(tunnel.Name);
        await book.ForgetAsync(tunnel.Name).ConfigureAwait(false);
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

    private async Task ForgetEmptyAsync(string name)
    {
        IReadOnlyDictionary<string, InboxTotals> totals = await store.TotalsAsync().ConfigureAwait(false);
        if (!totals.ContainsKey(name))
        {
            await book.ForgetAsync(name).ConfigureAwait(false);
        }
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
