using Ggrok.Server.Balancing;
using Ggrok.Server.Hosting;
using Ggrok.Server.Ports;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Turns what a client asks for into a route key, or into a refusal that says what to ask for instead.</summary>
public sealed class RouteAssigner(ServerOptions options, HostAssigner hosts, PortAssigner ports, RoutePermission permission)
{
    /// <summary>The assignment for one wanted tunnel.</summary>
    /// <param name="applicant">Who asks.</param>
    /// <param name="wanted">What it asks for.</param>
    public Assignment Assign(Applicant applicant, TunnelRequest wanted)
    {
        if (TunnelKinds.Parse(wanted.Kind) is not { } kind)
        {
            return new(new Rejected(RejectCode.KindUnsupported,
                $"This server offers no {Printable.Clean(wanted.Kind)} tunnels; upgrade it or ask for an http tunnel.", MayRetry: false));
        }

        (BalancingWish wish, Rejected? problem) = BalancingWish.Read(kind, wanted);
        if (problem is not null)
        {
            return new(problem);
        }

        if (wanted.PrivateName is not null)
        {
            return AssignPrivate(applicant, kind, wanted.PrivateName);
        }

        if (permission.RefusalOfKind(applicant.Identity.Grants, kind, isPrivate: false) is { } refusal)
        {
            return new(refusal);
        }

        return kind switch
        {
            TunnelKind.Http => hosts.AssignHttp(applicant, wanted, wish),
            TunnelKind.Tls => AssignTls(applicant, wanted),
            _ => ports.Assign(applicant, kind, wanted),
        };
    }

    private Assignment AssignTls(Applicant applicant, TunnelRequest wanted) => options.TlsPassthroughPort is null
        ? new(new Rejected(RejectCode.KindUnsupported,
            "This server passes no TLS through (GGROK_TLS_PASSTHROUGH_PORT is not set); ask for an http or tcp tunnel.", MayRetry: false))
        : hosts.AssignTls(applicant, wanted);

    private Assignment AssignPrivate(Applicant applicant, TunnelKind kind, string wanted)
    {
        string? name = PrivateName.Normalize(wanted);
        if (name is null || kind is not (TunnelKind.Tcp or TunnelKind.Udp))
        {
            return new(new Rejected(RejectCode.NameNotAllowed, name is null
                ? $"\"{Printable.Clean(wanted)}\" is no private name; use letters, digits, - . and _, at most {PrivateName.Longest}."
                : "Only tcp and udp tunnels have private names.", MayRetry: false));
        }

        RouteKey key = RouteKey.Private(name);
        Grants grants = applicant.Identity.Grants;
        Rejected? refusal = permission.RefusalOf(grants, key) ?? permission.RefusalOfKind(grants, kind, isPrivate: true);
        return refusal is null ? new(key, kind) : new(refusal);
    }
}
