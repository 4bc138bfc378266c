using System.Collections.Concurrent;
using Ggrok.Server.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Which client serves which host and path, port or private name. Looking up takes no lock; registering takes one.</summary>
public sealed class TunnelRegistry(TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _away;

    /// <summary>Is told of what comes and goes; null for nobody.</summary>
    internal ITunnelWatch? Watch { get; set; }

    // For each space: host → its routes in the order in which they are tried. Arrays are replaced, never changed.
    private readonly ConcurrentDictionary<string, TunnelRoute[]>[] _spaces =
        [.. Enum.GetValues<RouteSpace>().Select(_ => new ConcurrentDictionary<string, TunnelRoute[]>(StringComparer.Ordinal))];

    /// <summary>Who waits for a name to be registered.</summary>
    internal Arrivals Arrivals { get; } = new();

    /// <summary>Finds the route for a request: the longest prefix wins, then the most conditions that hold.</summary>
    public TunnelRoute? Find(string host, ReadOnlySpan<char> target, HttpRequest request)
    {
        if (!_spaces[(int)RouteSpace.Http].TryGetValue(host, out TunnelRoute[]? routes))
        {
            return null;
        }

        foreach (TunnelRoute route in routes)
        {
            if (RequestTarget.IsBelow(target, route.Key.Path) && route.Match?.Holds(request) != false && !(route.IsAway && IsOver(route)))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>Finds the route with exactly this name.</summary>
    public TunnelRoute? Find(RouteKey key) => FindExact(key) is { } route && !(route.IsAway && IsOver(route)) ? route : null;

    /// <summary>Whether any client holds an HTTP route of this host.</summary>
    public bool HasHost(string host) => _spaces[(int)RouteSpace.Http].ContainsKey(host);

    /// <summary>The HTTP routes of a host, those of clients that are away included.</summary>
    public IReadOnlyList<TunnelRoute> OfHost(string host) => _spaces[(int)RouteSpace.Http].TryGetValue(host, out TunnelRoute[]? routes) ? routes : [];

    /// <summary>
    /// Registers all routes or none. Routes of the same client are taken over; the tunnels that held them are returned. A route
    /// that shares its name joins those who do. A route that somebody else holds refuses the whole and is returned as the conflict.
    /// </summary>
    public RegistrationResult Register(IReadOnlyList<TunnelRoute> routes)
    {
        var replaced = new List<TunnelRoute>();
        lock (_gate)
        {
            foreach (TunnelRoute wanted in routes)
            {
                if (Claim(wanted, replaced) is { } refused)
                {
                    return refused;
                }
            }

            foreach (TunnelRoute wanted in routes)
            {
                Enter(wanted);
            }
        }

        foreach (TunnelRoute route in routes)
        {
            Arrivals.Tell(route.Key);
            Watch?.Registered(route);
        }

        return new RegistrationResult(new RouteLease(this, routes), null, null, replaced);
    }

    /// <summary>Keeps the name of a client that is away, as it was before the server started, or elsewhere; not one that somebody holds.</summary>
    /// <param name="away">The route.</param>
    /// <param name="isNewer">It says more than one of a client that is away, and replaces it.</param>
    internal bool Restore(TunnelRoute away, bool isNewer = false)
    {
        lock (_gate)
        {
            if ((FindExact(away.Key) is { } held && !(held.IsAway && (isNewer || IsOver(held)))) || (ForeignNamesake(away) ?? ForeignPart(away)) is not null)
            {
                return false;
            }

            Put(away);
            return true;
        }
    }

    /// <summary>Gives a name free if its client is away.</summary>
    internal bool Free(RouteKey key)
    {
        lock (_gate)
        {
            if (FindExact(key) is not { IsAway: true } away)
            {
                return false;
            }

            Replace(away, null);
            return true;
        }
    }

    /// <summary>Routes that are registered now, the away ones included.</summary>
    public IReadOnlyList<TunnelRoute> Snapshot() => [.. _spaces.SelectMany(s => s.Values).SelectMany(r => r)];

    /// <summary>Names that are kept for lost clients of this token or certificate, without those that are asked for now.</summary>
    public int CountAway(string identityId, IEnumerable<RouteKey> wanted)
    {
        // Nearly always: then a registration does not cost more the more tunnels there are.
        if (Volatile.Read(ref _away) == 0)
        {
            return 0;
        }

        var except = wanted.ToHashSet();
        return Snapshot().Count(r => r.IsAway && r.Owner.IdentityId == identityId && !IsOver(r) && !except.Contains(r.Key));
    }

    /// <summary>Forgets routes whose away time is over.</summary>
    public void RemoveExpired() => RemoveAway(IsOver);

    /// <summary>Gives names free that are kept for lost clients of tokens which do not count any more, or do not allow them.</summary>
    /// <param name="mayStay">Whether the owner of a route may have it.</param>
    public void ForgetAway(Predicate<TunnelRoute> mayStay) => RemoveAway(r => !mayStay(r));

    private void RemoveAway(Predicate<TunnelRoute> isOver)
    {
        TunnelRoute[] over;
        lock (_gate)
        {
            over = [.. Snapshot().Where(r => r.IsAway && isOver(r))];
            foreach (TunnelRoute route in over)
            {
                Replace(route, null);
            }
        }

        foreach (TunnelRoute route in over)
        {
            Watch?.Freed(route);
        }
    }

    // Only this very route: a newer session of the same client may hold the key by now.
    internal void Release(TunnelRoute route, Farewell farewell)
    {
        TimeSpan awayFor = farewell.AwayFor;
        TimeSpan waitFor = farewell.IsExpected ? route.AwayWait : TimeSpan.Zero;
        awayFor = awayFor > waitFor ? awayFor : waitFor;
        bool isForbidden = farewell.IsForbidden?.Invoke(route) == true;
        if (isForbidden)
        {
            awayFor = TimeSpan.Zero;
        }
        else if (Watch?.KeepsFor(route) is { } kept && kept > awayFor)
        {
            awayFor = kept;
        }

        TunnelRoute? away = awayFor <= TimeSpan.Zero ? null : new TunnelRoute
        {
            Key = route.Key,
            Kind = route.Kind,
            TunnelName = route.TunnelName,
            Owner = route.Owner,
            Edge = route.Edge,
            Match = route.Match,
            Member = route.Terms is null ? null : route.Member,
            StripPath = route.StripPath,
            AwayUntil = time.GetUtcNow() + awayFor,
            FreeAt = time.GetTimestamp() + (long)(awayFor.TotalSeconds * time.TimestampFrequency),
            AwayWait = route.AwayWait,
            WaitUntil = time.GetTimestamp() + (long)(waitFor.TotalSeconds * time.TimestampFrequency),
        };
        lock (_gate)
        {
            // Others of a pool go on as if it had not been there.
            route.Pool?.Leave(route);
            Replace(route, route.Pool?.Members.FirstOrDefault() ?? away);
            Arrivals.Tell(route.Key);
        }

        if (isForbidden)
        {
            Watch?.Freed(route);
        }
    }

    // Null when the route may be registered.
    private RegistrationResult? Claim(TunnelRoute wanted, List<TunnelRoute> replaced)
    {
        if ((ForeignNamesake(wanted) ?? ForeignPart(wanted)) is { } foreign)
        {
            return RegistrationResult.Refused(wanted, foreign);
        }

        TunnelRoute? held = FindExact(wanted.Key);
        if (held is null || (held.IsAway && IsOver(held)))
        {
            return null;
        }

        bool shares = PoolAdmission.MayShare(wanted, held);
        if (shares && held.Pool is { } pool)
        {
            replaced.AddRange(pool.Find(wanted.Owner) is { } before ? [before] : []);
            return PoolAdmission.Mismatch(wanted, pool, held) is { } mismatch ? RegistrationResult.Refused(wanted, held, mismatch) : null;
        }

        IReadOnlyList<TunnelRoute> holders = held.Pool?.Members ?? [held];
        if (holders.Any(h => !h.Owner.IsSame(wanted.Owner)) && !(shares && held.IsAway))
        {
            return RegistrationResult.Refused(wanted, held);
        }

        replaced.AddRange(holders.Where(h => !h.IsAway));
        return null;
    }

    // What Claim has let in.
    private void Enter(TunnelRoute wanted)
    {
        if (wanted.Member is null)
        {
            Put(wanted);
            return;
        }

        TunnelRoute? held = FindExact(wanted.Key);
        Pool? shared = held is not null && PoolAdmission.MayShare(wanted, held) ? held.Pool : null;
        if (shared is not null)
        {
            // What the policies count, they count for all members.
            wanted.Edge = held!.Edge;
        }

        wanted.Pool = shared ?? new Pool(wanted.Key, wanted.Terms?.Rule ?? default);
        wanted.Pool.Join(wanted);

        // One of the members stands for all.
        if (!wanted.Pool.Members.Contains(held))
        {
            Put(wanted);
        }
    }

    // A host is one name to visitors, whether the server ends their TLS or passes it on: it has one owner.
    private TunnelRoute? ForeignNamesake(TunnelRoute wanted)
    {
        RouteSpace? other = wanted.Key.Space switch
        {
            RouteSpace.Http => RouteSpace.Tls,
            RouteSpace.Tls => RouteSpace.Http,
            _ => null,
        };
        return other is { } space && _spaces[(int)space].TryGetValue(wanted.Key.Host, out TunnelRoute[]? routes)
            ? Array.Find(routes, r => !r.Owner.IsSame(wanted.Owner) && !(r.IsAway && IsOver(r)))
            : null;
    }

    // Conditions divide what one party has: nobody takes a part of somebody else's path with them.
    private TunnelRoute? ForeignPart(TunnelRoute wanted) =>
        wanted.Key.Space == RouteSpace.Http && _spaces[(int)RouteSpace.Http].TryGetValue(wanted.Key.Host, out TunnelRoute[]? routes)
            ? Array.Find(routes, r => r.Key.Path == wanted.Key.Path && r.Key.Condition != wanted.Key.Condition
                && !r.Owner.IsSameParty(wanted.Owner) && !(r.IsAway && IsOver(r)))
            : null;

    private void CountAwayChange(TunnelRoute? before, TunnelRoute? after) =>
        Volatile.Write(ref _away, _away + (after is { IsAway: true } ? 1 : 0) - (before is { IsAway: true } ? 1 : 0));

    private bool IsOver(TunnelRoute route) => route.FreeAt is { } at ? time.GetTimestamp() >= at : time.GetUtcNow() >= route.AwayUntil;

    private TunnelRoute? FindExact(RouteKey key) =>
        _spaces[(int)key.Space].TryGetValue(key.Host, out TunnelRoute[]? routes) ? Array.Find(routes, r => r.Key == key) : null;

    private void Put(TunnelRoute route)
    {
        ConcurrentDictionary<string, TunnelRoute[]> hosts = _spaces[(int)route.Key.Space];
        CountAwayChange(FindExact(route.Key), route);
        TunnelRoute[] others = hosts.TryGetValue(route.Key.Host, out TunnelRoute[]? routes)
            ? Array.FindAll(routes, r => r.Key != route.Key)
            : [];
        hosts[route.Key.Host] = [.. others.Append(route).OrderByDescending(r => r.Key.Path.Length)
            .ThenByDescending(r => r.Match?.Count ?? 0).ThenBy(r => r.Key.Condition, StringComparer.Ordinal)];
    }

    private void Replace(TunnelRoute route, TunnelRoute? successor)
    {
        ConcurrentDictionary<string, TunnelRoute[]> hosts = _spaces[(int)route.Key.Space];
        if (!hosts.TryGetValue(route.Key.Host, out TunnelRoute[]? routes) || !routes.Contains(route))
        {
            return;
        }

        CountAwayChange(route, successor);
        TunnelRoute[] left = [.. routes.Select(r => r == route ? successor : r).OfType<TunnelRoute>()];
        if (left.Length == 0)
        {
            hosts.TryRemove(KeyValuePair.Create(route.Key.Host, routes));
        }
        else
        {
            hosts[route.Key.Host] = left;
        }
    }
}
