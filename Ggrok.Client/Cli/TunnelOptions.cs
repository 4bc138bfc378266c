using System.CommandLine;

namespace Ggrok.Client.Cli;

/// <summary>The options of <c>ggrok</c> itself, which opens a tunnel.</summary>
internal sealed class TunnelOptions
{
    public Argument<string?> Service { get; } = new("service")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Local service: a port (3000), host:port, or a URL. The same as --port or --target.",
    };

    public Option<string?> Server { get; } = Text("--server", "-s", "ADDRESS",
        "Ggrok server: my.app, my.app:8443, https://my.app or http://localhost:8080. HTTPS unless it is this machine. [env: GGROK_SERVER]");

    public Option<string?> Port { get; } = Text("--port", "-p", "PORT", "Port of the local service on this machine.");

    public Option<string?> Target { get; } = Text("--target", null, "URL", "Local service elsewhere: http://10.0.0.5:8080 or https://localhost:8443.");

    public Option<bool> InsecureTarget { get; } = new("--insecure-target") { Description = "Accept a self-signed certificate of an https target." };

    public Option<string?> TargetProtocol { get; } = Text("--target-protocol", null, "PROTOCOL",
        "What the local service speaks: http1, h2c (HTTP/2 without TLS), h2 (HTTP/2 over TLS) or auto. [default: auto]");

    public Option<string?> HostHeader { get; } = Text("--host-header", null, "MODE",
        "Host header for the local service: rewrite (its own address), preserve (the public host) or a value. [default: rewrite]");

    public Option<string?> Token { get; } = Text("--token", "-t", "TOKEN", "Registration token of the server. [env: GGROK_TOKEN]");

    public Option<string?> TokenFile { get; } = Text("--token-file", null, "FILE", "Read the token from a file.");

    public ServerTrustOptions Trust { get; } = new();

    public Option<string?> Subdomain { get; } = Text("--subdomain", null, "NAME", "Ask for NAME below the server's domain; without it a readable name is given.");

    public Option<string?> Host { get; } = Text("--host", null, "NAME", "Ask for a custom domain that points to the server.");

    public Option<string?> Path { get; } = Text("--path", null, "PREFIX", "Ask for a path prefix such as /alice, so that several people share one host.");

    public Option<bool> StripPath { get; } = new("--strip-path") { Description = "Remove the --path prefix before the local service sees it." };

    public Option<string?> Label { get; } = Text("--label", null, "TEXT", "Who you are, told to people who want a name that you hold. [default: user@machine]");

    public Option<string?> Log { get; } = Text("--log", null, "FORMAT", "Output format: text or json (one object a line). [default: text]");

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Show the public URL and problems only." };

    public Option<string?> DrainTimeout { get; } = Text("--drain-timeout", null, "TIME", "How long running requests may go on after Ctrl-C. [default: 30s]");

    public Option<string?> Config { get; } = new("--config") { HelpName = "FILE", Description = "Configuration file. [env: GGROK_CONFIG]", Recursive = true };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Service);
        foreach (Option option in (Option[])[Server, Port, Target, InsecureTarget, TargetProtocol, HostHeader, Token, TokenFile, Subdomain, Host, Path, StripPath, Label, Log, Quiet, DrainTimeout, Config])
        {
            command.Options.Add(option);
        }

        Trust.AddTo(command);
    }

    private static Option<string?> Text(string name, string? alias, string helpName, string description)
    {
        Option<string?> option = alias is null ? new(name) : new(name, alias);
        option.HelpName = helpName;
        option.Description = description;
        return option;
    }
}
