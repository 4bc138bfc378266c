using Ggrok.Server.Edge.Credentials.Share;
using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Edge.Credentials;

/// <summary>How many share links there may be, and which are forgotten.</summary>
public class ShareBookTests
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(10);

    private readonly ManualTimeProvider _clock = new();
    private readonly TunnelRegistry _registry;
    private readonly ShareBook _book;

    public ShareBookTests()
    {
        _registry = new TunnelRegistry(_clock);
        _book = new ShareBook(_registry, _clock);
    }

    [Fact]
    public void Other_ids_of_clients_give_one_token_no_more_links()
    {
        for (int client = 0; client < 5; client++)
        {
            TunnelRoute route = Hold(client, "tenant");
            AddMany(route, 200);
            Add(route).ShouldBeNull("as many as an installation may have");
        }

        Add(Hold(5, "tenant")).ShouldBeNull("as many as a token may have");
        Add(Hold(6, "neighbour")).ShouldNotBeNull();
    }

    [Fact]
    public void A_link_is_forgotten_when_nobody_has_held_its_tunnel_for_a_day()
    {
        TunnelRoute held = Hold(1, "tenant");
        string keep = Add(held)!.Value.Secret;
        string lose = Add(Route(2, "tenant"))!.Value.Secret;

        Pass(TimeSpan.FromHours(24));
        _book.Find(lose).ShouldNotBeNull();
        Pass(TimeSpan.FromMinutes(2));

        _book.Find(lose).ShouldBeNull();
        _book.Find(keep).ShouldNotBeNull();
    }

    [Fact]
    public void A_tunnel_that_is_back_in_time_keeps_its_links()
    {
        TunnelRoute route = Route(1, "tenant");
        string secret = Add(route)!.Value.Secret;
        Pass(TimeSpan.FromHours(20));
        RouteLease back = _registry.Register([Hold(route)]).Lease!;
        Pass(TimeSpan.FromMinutes(1));
        back.Release(default);
        Pass(TimeSpan.FromHours(20));

        _book.Find(secret).ShouldNotBeNull();
    }

    [Fact]
    public void Where_room_is_needed_the_link_goes_whose_tunnel_was_left_first()
    {
        string first = Add(Route(0, "tenant"))!.Value.Secret;
        Pass(TimeSpan.FromMinutes(1));
        for (int client = 1; client < 6; client++)
        {
            AddMany(Route(client, "tenant"), client == 5 ? 199 : 200);
        }

        Add(Route(6, "neighbour")).ShouldNotBeNull();
        _book.Find(first).ShouldNotBeNull();
        Add(Route(7, "tenant")).ShouldNotBeNull();
        _book.Find(first).ShouldBeNull();
    }

    [Fact]
    public void A_link_that_was_used_and_ended_stays_so_that_what_it_gave_is_refused()
    {
        TunnelRoute route = Route(1, "tenant");
        ShareLink used = Add(route)!.Value.Link;
        ShareLink unused = Add(route)!.Value.Link;
        _book.TryUse(used).ShouldBeTrue();
        _book.Revoke(used.Id, used.Owner).ShouldBeTrue();
        _book.Revoke(unused.Id, unused.Owner).ShouldBeTrue();

        Pass(TimeSpan.FromHours(25));

        (_book.IsRevoked(used.Id), _book.IsRevoked(unused.Id)).ShouldBe((true, false));
        Pass(Life);
        _book.IsRevoked(used.Id).ShouldBeFalse("it has expired, and so has what it gave");
    }

    private (ShareLink Link, string Secret)? Add(TunnelRoute route) => _book.Add(route, "/", Life, 1);

    private void AddMany(TunnelRoute route, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add(route).ShouldNotBeNull();
        }
    }

    // As the server does, which looks every minute.
    private void Pass(TimeSpan by)
    {
        _book.Look();
        _clock.Advance(by);
        _book.Look();
    }

    private TunnelRoute Hold(int client, string identity)
    {
        TunnelRoute route = Hold(Route(client, identity));
        _registry.Register([route]).Lease.ShouldNotBeNull();
        return route;
    }

    // The name is kept for it.
    private static TunnelRoute Hold(TunnelRoute route) => new() { Key = route.Key, Owner = route.Owner, AwayUntil = DateTimeOffset.MaxValue };

    private static TunnelRoute Route(int client, string identity) =>
        new() { Key = RouteKey.Http($"host{client}.test", "/"), Owner = new RouteOwner($"client {client}", "label", identity, IsProven: true) };
}
