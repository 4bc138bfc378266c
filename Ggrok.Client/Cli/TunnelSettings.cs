using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>Puts command line, environment and configuration file together; the first that says something wins.</summary>
internal sealed class TunnelSettings(TunnelOptions options, Func<string, string?> environment)
{
    /// <summary>What the client shall do.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="warn">Receives what is worth knowing but no error.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public TunnelClientOptions Resolve(ParseResult parsed, Action<string> warn)
    {
        ConfigFile file = ConfigFile.Find(parsed.GetValue(options.Config), environment);
        IReadOnlyDictionary<string, string> saved = file.Read();
        LocalTunnel tunnel = Tunnel(parsed, saved);
        string server = First(parsed.GetValue(options.Server), environment("GGROK_SERVER"), saved.GetValueOrDefault("server"))
            ?? throw new UsageException("Which server? Pass --server my.app, or save it once with: ggrok config set server my.app");
        string id = ClientIdentity.Get(file.Path, out bool temporary);
        if (temporary)
        {
            warn($"The folder of {file.Path} cannot be written: the client's identity lasts for this run only.");
        }

        return new TunnelClientOptions
        {
            Server = ServerAddress.Parse(server),
            Token = Token(parsed, saved),
            ClientId = id,
            Label = First(parsed.GetValue(options.Label), saved.GetValueOrDefault("label")) ?? $"{Environment.UserName}@{Environment.MachineName}",
            Tunnels = [tunnel],
            DrainTimeout = Durations.TryParse(parsed.GetValue(options.DrainTimeout)!, out TimeSpan drain)
                ? drain
                : throw new UsageException("--drain-timeout takes a duration such as 30s or 2m."),
        };
    }

    private LocalTunnel Tunnel(ParseResult parsed, IReadOnlyDictionary<string, string> saved)
    {
        string? subdomain = First(parsed.GetValue(options.Subdomain), parsed.GetValue(options.Host) is null ? saved.GetValueOrDefault("subdomain") : null);
        string? host = parsed.GetValue(options.Host);
        if (subdomain is not null && host is not null)
        {
            throw new UsageException("Ask for --subdomain or for --host, not for both.");
        }

        string? path = First(parsed.GetValue(options.Path), saved.GetValueOrDefault("path"));
        bool strip = parsed.GetValue(options.StripPath);
        if (strip && path is null)
        {
            throw new UsageException("--strip-path needs --path: there is no prefix to remove.");
        }

        Uri target = Target(parsed);
        bool insecure = parsed.GetValue(options.InsecureTarget);
        if (insecure && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new UsageException("--insecure-target is for an https target; give one with --target https://…");
        }

        return new LocalTunnel
        {
            Name = "web",
            Target = target,
            InsecureTarget = insecure,
            HostHeader = HostHeader(First(parsed.GetValue(options.HostHeader), saved.GetValueOrDefault("host-header"))),
            Subdomain = subdomain,
            Host = host,
            Path = path is null ? null : PathPrefix(path),
            StripPath = strip,
        };
    }

    private Uri Target(ParseResult parsed)
    {
        string? service = parsed.GetValue(options.Service);
        int? port = parsed.GetValue(options.Port);
        string? target = parsed.GetValue(options.Target);
        return (service, port, target) switch
        {
            ({ } s, null, null) => TargetAddress.Parse(s),
            (null, { } p, null) => TargetAddress.OfPort(p),
            (null, null, { } t) => TargetAddress.Parse(t),
            (null, null, null) => throw new UsageException("Which local service? Give its port: ggrok 3000, or: ggrok --port 3000"),
            _ => throw new UsageException("Give the local service once: as ggrok 3000, with --port or with --target."),
        };
    }

    private string? Token(ParseResult parsed, IReadOnlyDictionary<string, string> saved)
    {
        string? option = parsed.GetValue(options.Token);
        string? file = parsed.GetValue(options.TokenFile);
        if (option is not null && file is not null)
        {
            throw new UsageException("Give the token once: with --token or with --token-file.");
        }

        string? token = file is null
            ? First(option, environment("GGROK_TOKEN"), saved.GetValueOrDefault("token"))
            : ReadToken(file);
        return token is null || !token.Any(c => c is <= ' ' or > '~')
            ? token
            : throw new UsageException("The token has spaces or characters outside ASCII; copy it again.");
    }

    private static string ReadToken(string file)
    {
        try
        {
            string token = File.ReadAllText(file).Trim();
            return token.Length > 0 ? token : throw new UsageException($"{file} is empty; it must hold the token.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The token file {file} cannot be read: {e.Message}");
        }
    }

    private static string HostHeader(string? value)
    {
        if (value is null)
        {
            return LocalTunnel.HostHeaderRewrite;
        }

        return HeaderField.IsValue(value) && !value.Contains(' ')
            ? value
            : throw new UsageException("--host-header takes rewrite, preserve or a host name.");
    }

    private static string PathPrefix(string text)
    {
        string path = "/" + text.Trim().Trim('/');
        bool plain = path.Length > 1 && RequestTarget.IsSafe(path) && path.AsSpan().IndexOfAny("?#%\\") < 0
            && !path[1..].Split('/').Any(s => s is "" or "." or "..");
        if (!plain)
        {
            throw new UsageException($"\"{Printable.Clean(text)}\" is no path prefix; use plain segments such as /alice.");
        }

        return RequestTarget.IsBelow(path, ProtocolLimits.Path)
            ? throw new UsageException($"{ProtocolLimits.Path} belongs to the server; choose another --path.")
            : path;
    }

    private static string? First(params ReadOnlySpan<string?> values)
    {
        foreach (string? value in values)
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                return value.Trim();
            }
        }

        return null;
    }
}
