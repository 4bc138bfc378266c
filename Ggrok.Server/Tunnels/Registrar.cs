using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Server.Balancing;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Rendezvous;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Decides about a Hello: limits, names, conflicts; makes the session.</summary>
public sealed class Registrar(
    ServerOptions options, RouteAssigner assigner, TunnelRegistry registry, SessionDirectory directory, ConnectRelay connect,
    PassthroughPort passthrough, TokenSessions tokens, EdgeCompiler edge, HealthChecks checks, TimeProvider time)
{
    /// <summary>Registers every tunnel of the Hello, or none. The result is disposed when the session is over.</summary>
    /// <param name="hello">What the client wants.</param>
    /// <param name="connectHost">Host under which it connected, normalised.</param>
    /// <param name="admitted">Who it was by its token or certificate when it was let in.</param>
    /// <param name="remote">Address from which it connected, as text.</param>
    /// <param name="transport">The connection.</param>
    public Registration Register(Hello hello, string connectHost, Identity admitted, string remote, IMessageTransport transport)
    {
        // The token may have been revoked while the Hello was on its way.
        if (tokens.Renew(admitted) is not { } identity)
        {
            return new Registration(new Rejected(RejectCode.TokenRefused, "The server does not know this token any more; pass another one with --token or GGROK_TOKEN.", MayRetry: false));
        }

        Rejected? refusal = HelloCheck.Refusal(hello, connectHost) ?? RefusedName(hello, identity);
        if (refusal is not null)
        {
            return new Registration(refusal);
        }

        var assignments = new List<Assignment>();
        refusal = Assign(hello, new Applicant(connectHost, hello.Client, identity), assignments);
        EdgeSlot[] slots = refusal is null ? MakeSlots(hello, identity, assignments, out refusal) : [];
        if (refusal is not null)
        {
            assignments.ForEach(a => a.Dispose());
            return new Registration(refusal);
        }

        // A name that is kept for a lost client is kept from others: it counts, or connecting and vanishing would take them all.
        int most = Math.Min(options.MaxTunnelsPerToken, identity.Grants.MaxTunnels ?? int.MaxValue);
        if (!directory.TryReserve(
            identity.Id, TunnelSession.SizeOf(hello), most - registry.CountAway(identity.Id, assignments.Select(a => a.Key))))
        {
            assignments.ForEach(a => a.Dispose());
            return new Registration(new Rejected(RejectCode.TooManyTunnels,
                string.Create(CultureInfo.InvariantCulture, $"This token may open {most} tunnels at once and has them open, or lost a moment ago; close one first."),
                MayRetry: true, RetryAfterSeconds: 10));
        }

        return Admit(new TunnelSession(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), hello, identity, remote, transport,
            options.ToMuxOptions(), connect.ServeAsync, time), assignments, slots);
    }

    private Rejected? Assign(Hello hello, Applicant applicant, List<Assignment> assignments)
    {
        foreach (TunnelRequest wanted in hello.Tunnels)
        {
            Assignment assignment = assigner.Assign(applicant, wanted);
            Rejected? refusal = assignment.Refusal;
            if (refusal is null && assignments.Exists(a => a.Key == assignment.Key))
            {
                assignment.Dispose();
                refusal = new Rejected(RejectCode.HelloInvalid, $"Two tunnels ask for {assignment.Key}; give each its own name, path or port.", MayRetry: false);
            }

            if (refusal is not null)
            {
                return hello.Tunnels.Count == 1 ? refusal : refusal with { Tunnel = wanted.Name };
            }

            assignments.Add(assignment);
        }

        return null;
    }

    // A client that comes back with the same policies goes on with what they counted: leaving is no way around a limit.
    private EdgeSlot[] MakeSlots(Hello hello, Identity identity, List<Assignment> assignments, out Rejected? refusal)
    {
        refusal = null;
        var slots = new EdgeSlot[assignments.Count];
        for (int i = 0; i < slots.Length; i++)
        {
            TunnelRequest wanted = hello.Tunnels[i];
            RouteKey key = assignments[i].Key;
            PolicyDirective? forbidden = wanted.Policies?.FirstOrDefault(p => p is not null && !identity.Grants.AllowsPolicy(p.Name));
            if (forbidden is not null)
            {
                refusal = new Rejected(RejectCode.NotGranted,
                    $"This token sets no policy {Printable.Clean(forbidden.Name)}; leave it out, or use a token whose grants have policies={Printable.Clean(forbidden.Name)}.",
                    MayRetry: false, Tunnel: hello.Tunnels.Count > 1 ? wanted.Name : null);
                return [];
            }

            if (registry.Find(key) is { } held && held.Owner.ClientId == hello.Client && held.Owner.IdentityId == identity.Id && held.Edge.IsFor(wanted.Policies))
            {
                slots[i] = held.Edge;
                continue;
            }

            try
            {
                slots[i] = new EdgeSlot(wanted.Policies ?? [], edge.Compile(wanted.Policies ?? [], new EdgeScope(key, IsClients: true)));
            }
            catch (FormatException e)
            {
                refusal = new Rejected(RejectCode.PolicyInvalid, Printable.Clean(e.Message), MayRetry: false, Tunnel: hello.Tunnels.Count > 1 ? wanted.Name : null);
                return [];
            }
        }

        return slots;
    }

    private static Rejected? RefusedName(Hello hello, Identity identity)
    {
        string? refused = hello.Connect?.FirstOrDefault(n => PrivateName.Normalize(n) is not { } name || !identity.Grants.AllowsConnecting(name));
        return refused is null ? null
            : PrivateName.Normalize(refused) is { } wellFormed
                ? new Rejected(RejectCode.NotGranted, $"This token does not connect to the name {wellFormed}; use one whose grants have connect={wellFormed}.", MayRetry: false)
                : new Rejected(RejectCode.NameNotAllowed, $"\"{Printable.Clean(refused)}\" is no private name; use letters, digits, - . and _, at most {PrivateName.Longest}.", MayRetry: false);
    }

    private Registration Admit(TunnelSession session, List<Assignment> assignments, EdgeSlot[] slots)
    {
        Hello hello = session.Hello;

        // Of the identity by which room was taken: the token may get another name.
        string tokenId = session.Identity.Id;
        var owner = new RouteOwner(hello.Client, Printable.Clean(hello.Label), tokenId, hello.Instance, !session.Identity.IsAnybody);
        List<TunnelRoute> routes = [.. assignments.Select((assignment, i) => new TunnelRoute
        {
            Key = assignment.Key,
            Kind = assignment.Kind,
            TunnelName = hello.Tunnels[i].Name,
            Owner = owner,
            Tunnel = session,
            TunnelIndex = i,
            StripPath = hello.Tunnels[i].StripPath,
            Edge = slots[i],
            Match = assignment.Wish.Match,
            Member = assignment.Wish is { Pool: null, Health: null } ? null : new Member(assignment.Wish.Pool, assignment.Wish.Health, time),
        })];
        RegistrationResult result = registry.Register(routes);
        if (result.Lease is null)
        {
            directory.Unreserve(tokenId, session.Size);
            assignments.ForEach(a => a.Dispose());
            return new Registration(Refusal(result, isOneOfSeveral: routes.Count > 1));
        }

        EndReplaced(result.Replaced, hello);
        session.Routes = routes;
        directory.Add(session);

        // Tokens that changed since were changed before the session was there to be found.
        tokens.Check(session);
        List<IDisposable> checking = [.. routes.Select(checks.Begin).OfType<IDisposable>()];
        return new Registration(session, result.Lease, Welcome(session, assignments, routes), () =>
        {
            checking.ForEach(c => c.Dispose());
            directory.Remove(session);
            directory.Unreserve(tokenId, session.Size);
            assignments.ForEach(a => a.Dispose());
        });
    }

    // The same run of the client comes back after a loss that only it noticed: its old session is dead and is dropped.
    // Another run of the same installation took the name deliberately: the old one is told, so that it does not fight.
    private static void EndReplaced(IReadOnlyList<TunnelRoute> replaced, Hello hello)
    {
        foreach (TunnelSession old in replaced.Select(r => r.Tunnel).OfType<TunnelSession>().Distinct())
        {
            if (old.Hello.Instance != hello.Instance)
            {
                old.GoAway(CloseReason.Replaced, "Another ggrok of the same installation took over this name.");
            }

            old.Connection.RequestClose(CloseReason.Replaced);
        }
    }

    private Welcome Welcome(TunnelSession session, List<Assignment> assignments, List<TunnelRoute> routes)
    {
        var urls = new PublicUrls(new Uri(session.Hello.Origin), passthrough.Port);
        return new Welcome(
            session.Id,
            ProgramVersion.Current,
            [.. assignments.Select((a, i) => Grant(session.Hello.Tunnels[i], urls.Of(a.Key), routes[i]))],
            new SessionLimits(options.MaxStreams, options.MaxHeadBytes),
            session.Hello.Connect is { } names ? [.. names.Select(n => connect.Describe(PrivateName.Normalize(n)!))] : null);
    }

    private static TunnelGrant Grant(TunnelRequest wanted, string url, TunnelRoute route) => new(wanted.Name, url, wanted.Policies?.Count)
    {
        Pool = route is { Terms: not null, Pool: { } pool } ? new PoolGrant(pool.Members.Length, pool.Rule.ToWire()) : null,
        Checked = wanted.Health is null ? null : true,
        Match = route.Match?.ToString(),
    };

    private Rejected Refusal(RegistrationResult result, bool isOneOfSeveral)
    {
        Rejected refusal = result.Mismatch ?? Taken(result.Wanted!, result.Conflict!);
        return isOneOfSeveral ? refusal with { Tunnel = result.Wanted!.TunnelName } : refusal;
    }

    private Rejected Taken(TunnelRoute wanted, TunnelRoute held)
    {
        string since = held.IsAway ? " (who is away now and may come back)" : "";
        int? retry = held.IsAway ? (int)Math.Ceiling(Math.Max(1, (held.AwayUntil - time.GetUtcNow()).TotalSeconds)) : null;
        string advice = (wanted.Key == held.Key ? PoolAdmission.Advice(wanted, held) : null)
            ?? $"choose another {OptionOf(wanted.Key.Space)}, or ask them to stop";
        return new Rejected(RejectCode.NameTaken, $"{held.Key} is held by {held.Owner.Label}{since}; {advice}.", MayRetry: false, retry);
    }

    private static string OptionOf(RouteSpace space) => space switch
    {
        RouteSpace.Private => "--name",
        RouteSpace.TcpPort or RouteSpace.UdpPort => "--remote-port",
        RouteSpace.Tls => "--subdomain or --host",
        _ => "--subdomain, --host or --path",
    };
}
