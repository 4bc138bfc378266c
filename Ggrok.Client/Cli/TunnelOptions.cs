using System.CommandLine;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>The options that describe one tunnel: the keys of <see cref="TunnelDefinition"/> with two dashes in front.</summary>
internal sealed class TunnelOptions
{
    private readonly TunnelKind _kind;
    private readonly IReadOnlyList<string> _keys;

    /// <param name="kind">What the tunnel carries.</param>
    /// <param name="keys">The keys that there are options for; null for all of the kind.</param>
    public TunnelOptions(TunnelKind kind, IReadOnlyList<string>? keys = null)
    {
        _kind = kind;
        _keys = keys ?? TunnelDefinition.Keys[kind];
        Service = new Argument<string?>("service")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = kind == TunnelKind.Http
                ? "Local service: a port (3000), host:port, or a URL. The same as --port or --target."
                : "Local service: a port (5432) or host:port. The same as --port or --target.",
        };
    }

    public Argument<string?> Service { get; }

    public void AddTo(Command command)
    {
        command.Arguments.Add(Service);
        foreach (string key in _keys)
        {
            command.Options.Add(Make(key));
        }
    }

    private Option Make(string key) => key switch
    {
        "port" => TextOption.Make("--port", "-p", "PORT", "Port of the local service on this machine."),
        "target" => TextOption.Make("--target", null, "ADDRESS", _kind == TunnelKind.Http
            ? "Local service elsewhere: http://10.0.0.5:8080 or https://localhost:8443." : "Local service elsewhere: 10.0.0.5:5432."),
        "insecure-target" => Switch("--insecure-target", "Accept a self-signed certificate of an https target."),
        "target-protocol" => TextOption.Make("--target-protocol", null, "PROTOCOL",
            "What the local service speaks: http1, h2c (HTTP/2 without TLS), h2 (HTTP/2 over TLS) or auto. [default: auto]"),
        "host-header" => TextOption.Make("--host-header", null, "MODE",
            "Host header for the local service: rewrite (its own address), preserve (the public host) or a value. [default: rewrite]"),
        "subdomain" => TextOption.Make("--subdomain", null, "NAME", "Ask for NAME below the server's domain; without it a readable name is given."),
        "host" => TextOption.Make("--host", null, "NAME", "Ask for a custom domain that points to the server."),
        "path" => TextOption.Make("--path", null, "PREFIX", "Ask for a path prefix such as /alice, so that several people share one host."),
        "strip-path" => Switch("--strip-path", "Remove the --path prefix before the local service sees it."),
        "away-wait" => TextOption.Make("--away-wait", null, "TIME", "Keep the name for so long after this client has left, and let visitors wait for it to come back, up to 5m. [default: 0]"),
        "remote-port" => TextOption.Make("--remote-port", null, "PORT", "Ask for this public port of the server; without it a free one is given."),
        "name" => TextOption.Make("--name", null, "NAME", "Serve a private name instead of a public port: others reach it with ggrok connect NAME."),
        "proxy-protocol" => Switch("--proxy-protocol", "Tell the local service who connected, with a PROXY protocol v2 header."),
        "match" => new Option<string[]>("--match")
        {
            HelpName = "CONDITION",
            Description = "Only requests for which this holds: method=POST,PUT or header=X-Beta or header='X-Env: staging'. May be repeated; all must hold.",
        },
        "pool" => Switch("--pool", "Serve the name together with other clients that say --pool, too; requests are shared out."),
        "balance" => TextOption.Make("--balance", null, "RULE",
            "How a pool shares requests out: least-requests, round-robin, random-two, sticky-cookie or sticky-address. [default: least-requests]"),
        "pool-key" => TextOption.Make("--pool-key", null, "KEY", "Secret that all members of the pool give; needed where the server has no tokens."),
        "health" => TextOption.Make("--health", null, "PATH", "Have the server ask the local service for this path, and send visitors only while it answers 2xx or 3xx."),
        "health-interval" => TextOption.Make("--health-interval", null, "TIME", "Time between two health checks. [default: 10s]"),
        "health-timeout" => TextOption.Make("--health-timeout", null, "TIME", "Time for the answer to a health check. [default: 5s]"),
        "health-threshold" => TextOption.Make("--health-threshold", null, "NUMBER",
            "So many equal results in a row take the service out, or back in. [default: 2]"),
        _ => OfPolicy(PolicyKeys.Find(key) ?? throw new InvalidOperationException(key)),
    };

    private static Option OfPolicy(PolicyKey key) => key switch
    {
        { Form: PolicyForm.Switch } => Switch("--" + key.Name, key.Meaning),
        { Repeats: true, Implied: not null } => new Option<string[]>("--" + key.Name) { HelpName = key.ValueName, Description = key.Meaning, Arity = ArgumentArity.ZeroOrMore },
        { Repeats: true } => new Option<string[]>("--" + key.Name) { HelpName = key.ValueName, Description = key.Meaning },
        _ => TextOption.Make("--" + key.Name, null, key.ValueName, key.Meaning),
    };

    private static Option<bool> Switch(string name, string description) => new(name) { Description = description };
}
