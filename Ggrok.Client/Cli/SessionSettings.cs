using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary>Puts command line, environment and configuration file together to what a session needs.</summary>
internal sealed class SessionSettings
{
    private static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(30);

    private const int DefaultResumeBuffer = 8 * 1024 * 1024;

    private readonly SessionOptions _options;
    private readonly ConfigPlaces _places;
    private readonly ParseResult _parsed;

    /// <exception cref="UsageException">A configuration file cannot be used.</exception>
    public SessionSettings(SessionOptions options, ConfigSource config, ParseResult parsed, Func<string, string?> environment)
    {
        _options = options;
        _parsed = parsed;
        _places = config.Find(parsed);
        var given = new SettingSources(parsed, environment, new Dictionary<string, Setting>());
        Saved = new SavedSettings(_places, key => IsGiven(given, key));
        RefuseLeakedToken(given);
        Sources = new SettingSources(parsed, environment, Saved.Values);
    }

    /// <summary>What the configuration files say.</summary>
    public SavedSettings Saved { get; }

    /// <summary>Where the settings come from.</summary>
    public SettingSources Sources { get; }

    /// <summary>The files that count.</summary>
    public ConfigPlaces Places => _places;

    /// <summary>Whether only addresses and problems shall be shown.</summary>
    public bool IsQuiet => _parsed.GetValue(_options.Quiet);

    /// <summary>What shall be written on standard output.</summary>
    /// <exception cref="UsageException">The format is unknown.</exception>
    public LogFormat Log() => Sources.Option(_options.Log)?.As(SettingValues.Log) ?? LogFormat.View;

    /// <summary>The server, not yet checked; null when none is given.</summary>
    public Setting? Server => Sources.Find(_options.Server, "GGROK_SERVER");

    /// <summary>Where the token is written; null when none is given.</summary>
    public string? TokenOrigin => (Sources.Option(_options.TokenFile) ?? Sources.Find(_options.Token, "GGROK_TOKEN"))?.Origin;

    /// <summary>What the client shall do.</summary>
    /// <param name="tunnels">Tunnels to open.</param>
    /// <param name="connect">Private names to connect to.</param>
    /// <param name="warn">Receives what is worth knowing but no error.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public TunnelClientOptions Resolve(IReadOnlyList<LocalTunnel> tunnels, IReadOnlyList<ConnectTarget> connect, Action<string> warn) =>
        Resolve(tunnels, connect, warn, () => Identity(warn));

    /// <summary>What a client shall do that is another one than this installation.</summary>
    /// <param name="tunnels">Tunnels to open.</param>
    /// <param name="connect">Private names to connect to.</param>
    /// <param name="warn">Receives what is worth knowing but no error.</param>
    /// <param name="identity">Makes the id by which the server knows it.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public TunnelClientOptions Resolve(
        IReadOnlyList<LocalTunnel> tunnels, IReadOnlyList<ConnectTarget> connect, Action<string> warn, Func<string> identity)
    {
        Setting server = Server ?? throw new UsageException("Which server? Pass --server my.app, or save it once with: ggrok config set server my.app");
        Uri address = server.As(ServerAddress.Parse);
        foreach (string notice in Saved.Notices)
        {
            warn(notice);
        }

        return new TunnelClientOptions
        {
            Server = address,
            Token = Token(),
            Trust = _options.Trust.Resolve(Sources, address),
            Label = Sources.OptionOrSaved(_options.Label)?.As(SettingValues.Label) ?? $"{Environment.UserName}@{Environment.MachineName}",
            Tunnels = tunnels,
            Connect = connect,
            Connections = Sources.Find(_options.Connections, "GGROK_CONNECTIONS")?.As(SettingValues.Connections) ?? 1,
            DrainTimeout = Sources.Option(_options.DrainTimeout)?.As(SettingValues.Duration) ?? DefaultDrainTimeout,

            ResumeBuffer = Sources.Option(_options.ResumeBuffer)?.As(SettingValues.ResumeBuffer) ?? DefaultResumeBuffer,

            // Last, so that a mistake leaves no file behind.
            ClientId = identity(),
        };
    }

    // A token that is set for every command goes with the user's own server. Where that is not known the variable counts, as
    // in a build that knows no other server than the repository's.
    private void RefuseLeakedToken(SettingSources given)
    {
        bool fromEnvironment = given.Option(_options.Token) is null && given.Option(_options.TokenFile) is null
            && given.Find(_options.Token, "GGROK_TOKEN") is not null;
        if (fromEnvironment && Saved.ForeignServer is { } foreign)
        {
            throw new UsageException($"{foreign.Origin} ({foreign.Text.Quoted()}) is not the server that you have saved, and GGROK_TOKEN would be sent to it. "
                + "If you want that, pass --token or --server yourself.");
        }
    }

    private bool IsGiven(SettingSources given, string key) => key switch
    {
        "server" => given.Find(_options.Server, "GGROK_SERVER") is not null,
        "token" => given.Find(_options.Token, "GGROK_TOKEN") is not null || given.Option(_options.TokenFile) is not null,
        _ => _options.Trust.IsGiven(given, key),
    };

    private string Identity(Action<string> warn)
    {
        string id = ClientIdentity.Get(_places.User.Path, out bool temporary);
        if (temporary)
        {
            warn($"The folder of {_places.User.Path} cannot be written: the client's identity lasts for this run only.");
        }

        return id;
    }

    private string? Token()
    {
        Setting? file = Sources.Option(_options.TokenFile);
        if (file is null)
        {
            return Sources.Find(_options.Token, "GGROK_TOKEN")?.As(SettingValues.Token);
        }

        return Sources.Option(_options.Token) is null
            ? file.As(SettingValues.TokenIn)
            : throw new UsageException("Give the token once: with --token or with --token-file.");
    }
}
