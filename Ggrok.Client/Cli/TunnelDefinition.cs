using Ggrok.Client.Connection;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>
/// Makes a tunnel of what somebody wrote, on the command line or in a configuration file: the same keys, the same rules.
/// </summary>
/// <param name="read">What was written under a key, or null.</param>
/// <param name="readAll">Everything that was written under a key that may be given several times.</param>
/// <param name="noTarget">The complaint when no local service is given.</param>
internal sealed class TunnelDefinition(Func<string, Setting?> read, Func<string, IReadOnlyList<Setting>> readAll, Func<string> noTarget)
{
    /// <summary>Keys of each kind of tunnel.</summary>
    public static IReadOnlyDictionary<TunnelKind, IReadOnlyList<string>> Keys { get; } = new Dictionary<TunnelKind, IReadOnlyList<string>>
    {
        [TunnelKind.Http] = ["port", "target", "insecure-target", "target-protocol", "host-header", "subdomain", "host", "path", "strip-path", "away-wait", .. SharingDefinition.Keys, .. PolicyNames(TunnelKind.Http)],
        [TunnelKind.Tcp] = ["port", "target", "remote-port", "name", "proxy-protocol", .. PolicyNames(TunnelKind.Tcp)],
        [TunnelKind.Udp] = ["port", "target", "remote-port", "name", .. PolicyNames(TunnelKind.Udp)],
        [TunnelKind.Tls] = ["port", "target", "subdomain", "host", "proxy-protocol", .. PolicyNames(TunnelKind.Tls)],
    };

    /// <summary>Whether a key may be given several times.</summary>
    public static bool Repeats(string key) => key == SharingDefinition.MatchKey || PolicyKeys.Find(key)?.Repeats == true;

    /// <summary>The tunnel.</summary>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public LocalTunnel Make(TunnelKind kind, string name) => kind == TunnelKind.Http ? Http(name) : Raw(kind, name);

    private LocalTunnel Http(string name)
    {
        Uri target = Target(TargetAddress.Parse, TargetAddress.OfPort);
        Setting? insecure = Switch("insecure-target");
        if (insecure is not null && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new UsageException($"{insecure.Origin} is for an https target; give one with {Key(insecure, "target", "https://localhost:8443")}");
        }

        (string? subdomain, string? host) = PublicHost();
        string? path = read("path")?.As(PublicName.PathPrefix);
        Setting? strip = Switch("strip-path");
        if (strip is not null && path is null)
        {
            throw new UsageException($"{strip.Origin} needs {Key(strip, "path")}: there is no prefix to remove.");
        }

        var sharing = new SharingDefinition(read, readAll);
        return new LocalTunnel
        {
            Name = name,
            Target = target,
            InsecureTarget = insecure is not null,
            TargetProtocol = Protocol(target),
            HostHeader = read("host-header")?.As(SettingValues.HostHeader) ?? LocalTunnel.HostHeaderRewrite,
            Subdomain = subdomain,
            Host = host,
            Path = path,
            StripPath = strip is not null,
            AwayWait = read("away-wait")?.As(SettingValues.AwayWait) ?? TimeSpan.Zero,
            Pool = sharing.Pool(),
            Health = sharing.Health(),
            Match = sharing.Match(),
            Policies = Policies(TunnelKind.Http),
        };
    }

    private LocalTunnel Raw(TunnelKind kind, string name)
    {
        string scheme = kind == TunnelKind.Udp ? "udp" : "tcp";
        Uri target = Target(t => TargetAddress.ParseRaw(t, scheme), t => TargetAddress.ParseRaw(t, scheme));
        (string? subdomain, string? host) = kind == TunnelKind.Tls ? PublicHost() : (null, null);
        Setting? port = kind == TunnelKind.Tls ? null : read("remote-port");
        Setting? privateName = kind == TunnelKind.Tls ? null : read("name");
        if (port is not null && privateName is not null)
        {
            throw new UsageException($"{port.Origin} asks for a public port and {Key(port, "name")} for a private name; give one of them.");
        }

        return new LocalTunnel
        {
            Name = name,
            Kind = kind,
            Target = target,
            Subdomain = subdomain,
            Host = host,
            RemotePort = port?.As(SettingValues.Port),
            PrivateName = privateName?.As(PublicName.Private),
            ProxyProtocol = kind != TunnelKind.Udp && Switch("proxy-protocol") is not null,
            Policies = Policies(kind),
        };
    }

    private Uri Target(Func<string, Uri> parse, Func<string, Uri> ofPort) => (read("service"), read("port"), read("target")) switch
    {
        ({ } s, null, null) => s.As(parse),
        (null, { } p, null) => p.As(ofPort),
        (null, null, { } t) => t.As(parse),
        (null, null, null) => throw new UsageException(noTarget()),
        (null, { } p, { } t) => throw new UsageException($"{t.Origin}: Give the local service once, here or with {Key(t, "port")}."),
        _ => throw new UsageException("Give the local service once: as ggrok 3000, with --port or with --target."),
    };

    private TargetProtocol Protocol(Uri target)
    {
        Setting? setting = read("target-protocol");
        TargetProtocol protocol = setting?.As(SettingValues.TargetProtocol) ?? TargetProtocol.Auto;
        return (protocol, target.Scheme) switch
        {
            (TargetProtocol.H2c, "https") => throw new UsageException($"{setting!.Origin} h2c is HTTP/2 without TLS, and {target.Authority} is an https target; write h2."),
            (TargetProtocol.H2, "http") => throw new UsageException($"{setting!.Origin} h2 is HTTP/2 over TLS; write h2c, or https://{target.Authority} if the service has TLS."),
            _ => protocol,
        };
    }

    private (string? Subdomain, string? Host) PublicHost()
    {
        Setting? host = read("host");
        Setting? subdomain = read("subdomain");
        return host is null || subdomain is null
            ? (subdomain?.As(PublicName.Subdomain), host?.As(PublicName.Host))
            : throw new UsageException($"{host.Origin} asks for a whole name and {Key(host, "subdomain")} for a part of one; ask for one of them, not for both.");
    }

    /// <summary>Another key, as one writes it where the setting was written.</summary>
    internal static string Key(Setting setting, string key) => (IsOption(setting) ? "--" : "") + key;

    private static string Key(Setting setting, string key, string value) => Key(setting, key) + (IsOption(setting) ? " " : ": ") + value;

    private static bool IsOption(Setting setting) => setting.Origin.StartsWith("--", StringComparison.Ordinal);

    private PolicyDirective[] Policies(TunnelKind kind) => PolicyText.Read(PolicyNames(kind), read, readAll);

    private static IEnumerable<string> PolicyNames(TunnelKind kind) =>
        PolicyKeys.All.Where(k => kind == TunnelKind.Http || k.IsForRaw).Select(k => k.Name);

    private Setting? Switch(string key) => read(key) is { } setting && setting.As(SettingValues.Switch) ? setting : null;
}
