using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Server.Balancing;
using Ggrok.Server.Edge;
using Ggrok.Server.Hosting;
using Ggrok.Server.Rendezvous;
using Ggrok.Server.TlsPassthrough;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tunnels.Resume;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Decides about a Hello: limits, names, conflicts; makes the session.</summary>
public sealed class Registrar(
    ServerOptions options, RouteAssigner assigner, TunnelRegistry registry, SessionDirectory directory, ConnectRelay connect,
    PassthroughPort passthrough, TokenSessions tokens, EdgeCompiler edge, HealthChecks checks, ResumeBook resumes, TimeProvider time)
{
    private static readonly Rejected ReplacedGroup = new(RejectCode.NameTaken, "Another ggrok of the same installation took over this name.", MayRetry: false);

    private readonly SessionGroups _groups = new();
    private readonly ClientPolicies _policies = new(registry, edge);
    private readonly Predecessors _predecessors = new(options.ShutdownGrace);
    private readonly NameRefusal _refusals = new(time);

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

        Rejected? refusal = HelloCheck.Refusal(hello, connectHost) ?? ConnectNames.Refusal(hello, identity);
        if (refusal is not null)
        {
            return new Registration(refusal);
        }

        if (hello.Connection is null)
        {
            return RegisterFirst(hello, connectHost, identity, remote, transport, group: null);
        }

        lock (_groups.Gate)
        {
            if (_groups.Find(identity.Id, hello) is { } group)
            {
                return Join(group, NewSession(hello, identity, remote, transport, group));
            }

            group = new SessionGroup(hello);
            Registration first = RegisterFirst(hello, connectHost, identity, remote, transport, group);
            if (first.Session is not null)
            {
                _groups.Add(identity.Id, group);
            }

            return first;
        }
    }

    // The only connection of a client, or the first of several.
    private Registration RegisterFirst(Hello hello, string connectHost, Identity identity, string remote, IMessageTransport transport, SessionGroup? group)
    {
        var assignments = new List<Assignment>();
        Rejected? refusal = Assign(hello, new Applicant(connectHost, hello.Client, identity), assignments);
        EdgeSlot[] slots = refusal is null ? _policies.Make(hello, identity, assignments, out refusal) : [];
        if (refusal is not null)
        {
            assignments.ForEach(a => a.Dispose());
            return new Registration(refusal);
        }

        // A name that is kept for a lost client is kept from others: it counts, or connecting and vanishing would take them all.
        int most = Math.Min(options.MaxTunnelsPerToken, identity.Grants.MaxTunnels ?? int.MaxValue);
        int replaced = assignments.Count(a => registry.Find(a.Key) is { IsAway: false } held && held.Owner.ClientId == hello.Client && held.Owner.IdentityId == identity.Id);
        if (!directory.TryReserve(
            identity.Id, TunnelSession.SizeOf(hello), most + replaced - registry.CountAway(identity.Id, assignments.Select(a => a.Key))))
        {
            assignments.ForEach(a => a.Dispose());
            return new Registration(new Rejected(RejectCode.TooManyTunnels,
                string.Create(CultureInfo.InvariantCulture, $"This token may open {most} tunnels at once and has them open, or lost a moment ago; close one first."),
                MayRetry: true, RetryAfterSeconds: 10));
        }

        return Admit(NewSession(hello, identity, remote, transport, group), assignments, slots);
    }

    private TunnelSession NewSession(Hello hello, Identity identity, string remote, IMessageTransport transport, SessionGroup? group) => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), hello, identity, remote, transport, options.ToMuxOptions(), connect.ServeAsync, time) { Group = group };

    // Another connection of a client that is here: it shares what the first one was given.
    private Registration Join(SessionGroup group, TunnelSession session)
    {
        if (group.IsReplaced)
        {
            return new Registration(ReplacedGroup);
        }

        if (!SessionGroups.WantSame(group.Hello, session.Hello))
        {
            return new Registration(new Rejected(RejectCode.HelloInvalid, "The connections of one client ask for the same tunnels and names.", MayRetry: false));
        }

        session.Tenure = group.Tenure;
        session.Routes = group.Tenure!.Routes;
        if (!tokens.Allows(session))
        {
            return new Registration(new Rejected(RejectCode.NotGranted, "This token does not allow these tunnels any more; ask for others, or pass another token.", MayRetry: false));
        }

        if (group.Add(session) is { } before)
        {
            Predecessors.End(before, session.Hello.Connection!.Moves == true);
        }

        return Open(session);
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
            Tunnel = (ITunnel?)session.Group ?? session,
            TunnelIndex = i,
            StripPath = hello.Tunnels[i].StripPath,
            Edge = slots[i],
            AwayWait = AwayWaitOf(hello.Tunnels[i]),
            Match = assignment.Wish.Match,
            Member = assignment.Wish is { Pool: null, Health: null } ? null : new Member(assignment.Wish.Pool, assignment.Wish.Health, time),
        })];

        // First: from the registration on visitors look for it there.
        session.Group?.Add(session);
        RegistrationResult result = registry.Register(routes);
        if (result.Lease is null)
        {
            directory.Unreserve(tokenId, session.Size);
            assignments.ForEach(a => a.Dispose());
            return new Registration(_refusals.Of(result, isOneOfSeveral: routes.Count > 1));
        }

        _predecessors.EndReplaced(result.Replaced, hello);
        List<IDisposable> checking = [.. routes.Select(checks.Begin).OfType<IDisposable>()];
        int size = session.Size;
        session.Tenure = new Tenure(result.Lease, () => directory.Unreserve(tokenId, size), () =>
        {
            checking.ForEach(c => c.Dispose());
            assignments.ForEach(a => a.Dispose());
        });
        session.Routes = routes;
        if (session.Group is { } group)
        {
            group.Tenure = session.Tenure;
        }

        return Open(session);
    }

    private Registration Open(TunnelSession session)
    {
        directory.Add(session);

        // Tokens that changed since were changed before the session was there to be found.
        string identity = session.Identity.Id;
        tokens.Check(session);
        return new Registration(session, Welcome(session), farewell => End(session, identity, farewell));
    }

    private void End(TunnelSession session, string identity, Farewell farewell)
    {
        directory.Remove(session);
        if (session.Group is not { } group)
        {
            session.Tenure!.End(farewell);
            return;
        }

        lock (_groups.Gate)
        {
            if (!group.Remove(session))
            {
                return;
            }

            _groups.Remove(identity, group);
        }

        group.Tenure!.End(farewell);
    }

    private static TimeSpan AwayWaitOf(TunnelRequest wanted) =>
        TimeSpan.FromMilliseconds(Math.Clamp(wanted.AwayWaitMs ?? 0, 0, (int)ProtocolLimits.LongestAwayWait.TotalMilliseconds));

    private Welcome Welcome(TunnelSession session)
    {
        IReadOnlyList<TunnelRoute> routes = session.Routes;
        var urls = new PublicUrls(new Uri(session.Hello.Origin), passthrough.Port);
        return new Welcome(
            session.Id,
            ProgramVersion.Current,
            [.. routes.Select((r, i) => Grant(session.Hello.Tunnels[i], urls.Of(r.Key), r))],
            new SessionLimits(options.MaxStreams, options.MaxHeadBytes),
            session.Hello.Connect is { } names ? [.. names.Select(n => connect.Describe(PrivateName.Normalize(n)!))] : null,
            session.Hello.Connection is { } slot ? new ConnectionSlot(slot.Index, slot.Of) : null,
            resumes.Node);
    }

    private static TunnelGrant Grant(TunnelRequest wanted, string url, TunnelRoute route) => new(wanted.Name, url, wanted.Policies?.Count)
    {
        Pool = route is { Terms: not null, Pool: { } pool } ? new PoolGrant(pool.Members.Length, pool.Rule.ToWire()) : null,
        Checked = wanted.Health is null ? null : true,
        Match = route.Match?.ToString(),
    };
}
