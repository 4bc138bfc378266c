using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary>Puts command line, environment and configuration file together.</summary>
internal sealed class TunnelSettings(TunnelOptions options, Func<string, string?> environment)
{
    private static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What the client shall do.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="warn">Receives what is worth knowing but no error.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public TunnelClientOptions Resolve(ParseResult parsed, Action<string> warn)
    {
        ConfigFile file = ConfigFile.Find(parsed.GetValue(options.Config), environment);
        var sources = new SettingSources(parsed, environment, file.Read());
        LocalTunnel tunnel = Tunnel(parsed, sources);
        Setting server = sources.Find(options.Server, "GGROK_SERVER")
            ?? throw new UsageException("Which server? Pass --server my.app, or save it once with: ggrok config set server my.app");
        Uri address = server.As(ServerAddress.Parse);
        return new TunnelClientOptions
        {
            Server = address,
            Token = Token(sources),
            Trust = options.Trust.Resolve(sources, address),
            Label = sources.OptionOrSaved(options.Label)?.As(SettingValues.Label) ?? $"{Environment.UserName}@{Environment.MachineName}",
            Tunnels = [tunnel],
            DrainTimeout = sources.Option(options.DrainTimeout)?.As(SettingValues.Duration) ?? DefaultDrainTimeout,

            // Last, so that a mistake leaves no file behind.
            ClientId = Identity(file, warn),
        };
    }

    /// <summary>Whether the output shall be JSON lines.</summary>
    /// <exception cref="UsageException">The format is unknown.</exception>
    public bool IsJson(ParseResult parsed) =>
        new SettingSources(parsed, environment, new Dictionary<string, Setting>()).Option(options.Log)?.As(SettingValues.IsJson) ?? false;

    private static string Identity(ConfigFile file, Action<string> warn)
    {
        string id = ClientIdentity.Get(file.Path, out bool temporary);
        if (temporary)
        {
            warn($"The folder of {file.Path} cannot be written: the client's identity lasts for this run only.");
        }

        return id;
    }

    private LocalTunnel Tunnel(ParseResult parsed, SettingSources sources)
    {
        Uri target = Target(parsed, sources);
        bool insecure = parsed.GetValue(options.InsecureTarget);
        if (insecure && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new UsageException("--insecure-target is for an https target; give one with --target https://localhost:8443");
        }

        (string? subdomain, string? host) = Name(sources);
        string? path = sources.OptionOrSaved(options.Path)?.As(PublicName.PathPrefix);
        bool strip = parsed.GetValue(options.StripPath);
        if (strip && path is null)
        {
            throw new UsageException("--strip-path needs --path: there is no prefix to remove.");
        }

        return new LocalTunnel
        {
            Name = "web",
            Target = target,
            InsecureTarget = insecure,
            TargetProtocol = Protocol(sources, target),
            HostHeader = sources.OptionOrSaved(options.HostHeader)?.As(SettingValues.HostHeader) ?? LocalTunnel.HostHeaderRewrite,
            Subdomain = subdomain,
            Host = host,
            Path = path,
            StripPath = strip,
        };
    }

    private TargetProtocol Protocol(SettingSources sources, Uri target)
    {
        TargetProtocol protocol = sources.Option(options.TargetProtocol)?.As(SettingValues.TargetProtocol) ?? TargetProtocol.Auto;
        return (protocol, target.Scheme) switch
        {
            (TargetProtocol.H2c, "https") => throw new UsageException($"--target-protocol h2c is HTTP/2 without TLS, and {target.Authority} is an https target; write --target-protocol h2."),
            (TargetProtocol.H2, "http") => throw new UsageException($"--target-protocol h2 is HTTP/2 over TLS; write --target-protocol h2c, or --target https://{target.Authority} if the service has TLS."),
            _ => protocol,
        };
    }

    private (string? Subdomain, string? Host) Name(SettingSources sources)
    {
        Setting? host = sources.Option(options.Host);
        if (host is null)
        {
            return (sources.OptionOrSaved(options.Subdomain)?.As(PublicName.Subdomain), null);
        }

        // A saved subdomain is a default, which a host on the command line replaces.
        return sources.Option(options.Subdomain) is null
            ? (null, host.As(PublicName.Host))
            : throw new UsageException("Ask for --subdomain or for --host, not for both.");
    }

    private Uri Target(ParseResult parsed, SettingSources sources)
    {
        Setting? service = parsed.GetValue(options.Service) is { } text ? new Setting(text, "SERVICE") : null;
        return (service, sources.Option(options.Port), sources.Option(options.Target)) switch
        {
            ({ } s, null, null) => s.As(TargetAddress.Parse),
            (null, { } p, null) => p.As(TargetAddress.OfPort),
            (null, null, { } t) => t.As(TargetAddress.Parse),
            (null, null, null) => throw new UsageException("Which local service? Give its port: ggrok 3000, or: ggrok --port 3000"),
            _ => throw new UsageException("Give the local service once: as ggrok 3000, with --port or with --target."),
        };
    }

    private string? Token(SettingSources sources)
    {
        Setting? file = sources.Option(options.TokenFile);
        if (file is null)
        {
            return sources.Find(options.Token, "GGROK_TOKEN")?.As(SettingValues.Token);
        }

        return sources.Option(options.Token) is null
            ? file.As(SettingValues.TokenIn)
            : throw new UsageException("Give the token once: with --token or with --token-file.");
    }
}
