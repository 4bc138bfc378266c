using Ggrok.Server.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Says why a name is not to be had, and what would be.</summary>
internal sealed class NameRefusal(TimeProvider time)
{
    /// <summary>What the client hears of a registration that was not possible.</summary>
    public Rejected Of(RegistrationResult result, bool isOneOfSeveral)
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
