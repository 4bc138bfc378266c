using System.CommandLine;

namespace Ggrok.Client.Cli;

/// <summary>The options of every command that goes to a server.</summary>
internal sealed class SessionOptions
{
    public Option<string?> Server { get; } = TextOption.Make("--server", "-s", "ADDRESS",
        "Ggrok server: my.app, my.app:8443, https://my.app or http://localhost:8080. HTTPS unless it is this machine. [env: GGROK_SERVER]");

    public Option<string?> Token { get; } = TextOption.Make("--token", "-t", "TOKEN", "Registration token of the server. [env: GGROK_TOKEN]");

    public Option<string?> TokenFile { get; } = TextOption.Make("--token-file", null, "FILE", "Read the token from a file.");

    public ServerTrustOptions Trust { get; } = new();

    public Option<string?> Label { get; } = TextOption.Make("--label", null, "TEXT", "Who you are, told to people who want a name that you hold. [default: user@machine]");

    public Option<string?> Log { get; } = TextOption.Make("--log", null, "FORMAT", "Output: view (the whole window), text (a line for each request) or json (one object a line). [default: view on a terminal, else text]");

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Show addresses and problems only." };

    public Option<string?> Connections { get; } = TextOption.Make("--connections", null, "NUMBER",
        "Spread requests over so many connections to the server, 1 to 16. [default: 1] [env: GGROK_CONNECTIONS]");

    public Option<string?> DrainTimeout { get; } = TextOption.Make("--drain-timeout", null, "TIME", "How long running requests may go on after Ctrl-C. [default: 30s]");

    public Option<string?> ResumeBuffer { get; } = TextOption.Make("--resume-buffer", null, "SIZE", "How much of what was sent is kept until the server has it, to go on after a broken connection; 0 for not at all. [default: 8MiB]");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Server, Token, TokenFile, Label, Log, Quiet, Connections, DrainTimeout, ResumeBuffer])
        {
            command.Options.Add(option);
        }

        Trust.AddTo(command);
    }
}
