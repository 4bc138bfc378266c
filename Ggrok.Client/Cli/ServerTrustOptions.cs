using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Cli;

/// <summary>The options about certificates on the way to the server, for every command that goes there.</summary>
internal sealed class ServerTrustOptions
{
    private readonly Option<string?> _ca = Text("--ca", "PEM file of a CA that may have issued the server's certificate, beside the system's. [env: GGROK_CA]");

    private readonly Option<string?> _certificate = Text("--cert", "PEM file of the client certificate that opens tunnels in place of a token. [env: GGROK_CERT]");

    private readonly Option<string?> _key = Text("--key", "PEM file of its key; not needed when --cert holds it, too. [env: GGROK_KEY]");

    public void AddTo(Command command)
    {
        command.Options.Add(_ca);
        command.Options.Add(_certificate);
        command.Options.Add(_key);
    }

    /// <summary>Whether option or environment say something about a key of the configuration file.</summary>
    public bool IsGiven(SettingSources sources, string key) => key switch
    {
        "ca" => sources.Find(_ca, "GGROK_CA") is not null,
        "cert" => sources.Find(_certificate, "GGROK_CERT") is not null,
        _ => false,
    };

    /// <summary>What was said, with files that were tried.</summary>
    /// <param name="sources">Where it may have been said.</param>
    /// <param name="server">The server; what is saved for servers with TLS does not matter for one without.</param>
    /// <exception cref="UsageException">A file cannot be used, or nothing could be done with it.</exception>
    public ServerTrust Resolve(SettingSources sources, Uri server)
    {
        Setting? ca = Find(sources, _ca, "GGROK_CA", server);
        Setting? certificate = Find(sources, _certificate, "GGROK_CERT", server);
        Setting? key = Find(sources, _key, "GGROK_KEY", server);
        if (key is not null && certificate is null)
        {
            throw new UsageException($"{key.Origin} needs --cert: a key without its certificate shows nothing.");
        }

        string? caFile = ca?.As(SettingValues.Authorities);
        string? keyFile = key?.As(text => text);
        string? certificateFile = certificate?.As(text => SettingValues.Pair(text, keyFile));
        return new ServerTrust { CaFile = caFile, CertificateFile = certificateFile, KeyFile = keyFile };
    }

    private static Setting? Find(SettingSources sources, Option<string?> option, string variable, Uri server)
    {
        Setting? setting = sources.Find(option, variable);
        if (setting is null || server.Scheme == Uri.UriSchemeHttps)
        {
            return setting;
        }

        return sources.IsSaved(setting)
            ? null
            : throw new UsageException($"{setting.Origin} is about TLS, and {server.Authority} is reached without it; write --server https://{server.Authority}");
    }

    private static Option<string?> Text(string name, string description) => new(name) { HelpName = "FILE", Description = description };
}
