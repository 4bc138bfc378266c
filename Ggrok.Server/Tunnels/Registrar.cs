using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Decides about a Hello: limits, names, conflicts; makes the session.</summary>
public sealed class Registrar(
    ServerOptions options, RouteAssigner assigner, TunnelRegistry registry, SessionDirectory directory, TimeProvider time)
{
    private const int LongestId = 128;
    private const int MostTunnelsPerSession = 50;

    /// <summary>Registers every tunnel of the Hello, or none. The result is disposed when the session is over.</summary>
    public Registration Register(Hello hello, string connectHost, string tokenId, IMessageTransport transport)
    {
        Rejected? refusal = Check(hello, connectHost);
        if (refusal is not null)
        {
            return new Registration(refusal);
        }

        var keys = new List<RouteKey>();
        foreach (TunnelRequest wanted in hello.Tunnels)
        {
            (RouteKey? key, refusal) = assigner.Assign(connectHost, hello.Client, wanted);
            if (key is null || keys.Contains(key.Value))
            {
                return new Registration(refusal ?? new Rejected(RejectCode.HelloInvalid, $"Two tunnels ask for {key}; give each its own name or path.", MayRetry: false));
            }

            keys.Add(key.Value);
        }

        if (!directory.TryReserve(tokenId, keys.Count, options.MaxTunnelsPerToken))
        {
            return new Registration(new Rejected(RejectCode.TooManyTunnels,
                string.Create(CultureInfo.InvariantCulture, $"This token may open {options.MaxTunnelsPerToken} tunnels at once and has them open; close one first."),
                MayRetry: true, RetryAfterSeconds: 10));
        }

        return Admit(hello, tokenId, transport, keys);
    }

    private Registration Admit(Hello hello, string tokenId, IMessageTransport transport, List<RouteKey> keys)
    {
        string sessionId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var session = new TunnelSession(sessionId, hello, tokenId, transport, options.ToMuxOptions(), time);
        var owner = new RouteOwner(hello.Client, Printable.Clean(hello.Label));
        List<TunnelRoute> routes = [.. keys.Select((key, i) => new TunnelRoute
        {
            Key = key,
            Owner = owner,
            Tunnel = session,
            TunnelIndex = i,
            StripPath = hello.Tunnels[i].StripPath,
        })];
        RegistrationResult result = registry.Register(routes);
        if (result.Lease is null)
        {
            directory.Unreserve(tokenId, keys.Count);
            return new Registration(Taken(result.Conflict!));
        }

        EndReplaced(result.Replaced, hello);
        directory.Add(session);
        return new Registration(session, result.Lease, Welcome(session, keys), () =>
        {
            directory.Remove(session);
            directory.Unreserve(tokenId, keys.Count);
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

    private Welcome Welcome(TunnelSession session, List<RouteKey> keys)
    {
        Uri origin = new(session.Hello.Origin);
        string port = origin.IsDefaultPort ? "" : ":" + origin.Port.ToString(CultureInfo.InvariantCulture);
        return new Welcome(
            session.Id,
            ProgramVersion.Current,
            [.. keys.Select((key, i) => new TunnelGrant(session.Hello.Tunnels[i].Name, $"{origin.Scheme}://{key.Host}{port}{(key.Path == "/" ? "" : key.Path)}"))],
            new SessionLimits(options.MaxStreams, options.MaxHeadBytes));
    }

    private Rejected Taken(TunnelRoute held)
    {
        string since = held.IsAway ? " (who is away now and may come back)" : "";
        int? retry = held.IsAway ? (int)Math.Ceiling(Math.Max(1, (held.AwayUntil - time.GetUtcNow()).TotalSeconds)) : null;
        return new Rejected(RejectCode.NameTaken,
            $"{held.Key} is held by {held.Owner.Label}{since}; choose another --subdomain, --host or --path, or ask them to stop.",
            MayRetry: false, retry);
    }

    private static Rejected? Check(Hello hello, string connectHost)
    {
        if (hello.Protocol != ProtocolLimits.Version)
        {
            return new Rejected(RejectCode.ProtocolUnsupported, string.Create(CultureInfo.InvariantCulture,
                $"This server speaks protocol {ProtocolLimits.Version}, the client {hello.Protocol}; install a ggrok of the server's version {ProgramVersion.Current}."), MayRetry: false);
        }

        bool idsFit = hello.Client.Length is > 0 and <= LongestId && hello.Instance.Length is > 0 and <= LongestId;
        bool originFits = Uri.TryCreate(hello.Origin, UriKind.Absolute, out Uri? origin) && origin.Scheme is "http" or "https";
        bool tunnelsFit = hello.Tunnels.Count is > 0 and <= MostTunnelsPerSession
            && hello.Tunnels.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() == hello.Tunnels.Count;
        return idsFit && originFits && tunnelsFit && connectHost.Length > 0
            ? null
            : new Rejected(RejectCode.HelloInvalid, "The registration is not valid: it needs a client id, an http or https origin and 1 to 50 tunnels with names of their own.", MayRetry: false);
    }
}

/// <summary>Outcome of <see cref="Registrar.Register"/>.</summary>
public sealed class Registration : IDisposable
{
    private readonly Action _onEnd = static () => { };
    private readonly RouteLease? _lease;
    private int _ended;

    internal Registration(Rejected refusal)
    {
        Refusal = refusal;
    }

    internal Registration(TunnelSession session, RouteLease lease, Welcome welcome, Action onEnd)
    {
        Session = session;
        Welcome = welcome;
        _lease = lease;
        _onEnd = onEnd;
    }

    /// <summary>Why nothing was registered, or null.</summary>
    public Rejected? Refusal { get; }

    /// <summary>The session, or null when refused.</summary>
    public TunnelSession? Session { get; }

    /// <summary>What to tell the client, or null when refused.</summary>
    public Welcome? Welcome { get; }

    /// <summary>Ends the registration; with a time, the names stay reserved for the client.</summary>
    public void End(TimeSpan awayFor)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _lease?.Release(awayFor);
            _onEnd();
        }
    }

    /// <summary>Ends the registration at once if nothing did so before.</summary>
    public void Dispose() => End(TimeSpan.Zero);
}
