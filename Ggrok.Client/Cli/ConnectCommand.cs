using System.CommandLine;
using System.Net;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok connect</c>: makes a private name reachable on this machine.</summary>
internal sealed class ConnectCommand(ClientRun run)
{
    private readonly SessionOptions _session = new();
    private readonly Argument<string> _name = new("name") { Description = "The private name, as given to ggrok tcp PORT --name NAME at the other end." };

    private readonly Option<string?> _listen = TextOption.Make("--listen", "-l", "ADDRESS",
        "Where to listen: 2222, 127.0.0.1:2222, 0.0.0.0:2222. [default: a free port of 127.0.0.1]");

    private readonly Option<bool> _stdio = new("--stdio") { Description = "Use standard input and output as the connection, as for ssh -o ProxyCommand." };
    private readonly Option<bool> _udp = new("--udp") { Description = "The name is a UDP tunnel." };
    private readonly Option<bool> _wait = new("--wait") { Description = "Start although nobody serves the name yet." };

    public Command Build()
    {
        var command = new Command("connect", "Reach a private name: listen here, and carry each connection to the client that serves it.");
        command.Arguments.Add(_name);
        foreach (Option option in (Option[])[_listen, _stdio, _udp, _wait])
        {
            command.Options.Add(option);
        }

        _session.AddTo(command);
        command.SetAction(ConnectAsync);
        return command;
    }

    private Task<int> ConnectAsync(ParseResult parsed, CancellationToken stop)
    {
        SessionSettings settings = run.Settings(_session, parsed);
        string name = new Setting(parsed.GetValue(_name)!, "NAME").As(PublicName.Private);
        Setting? listen = settings.Sources.Option(_listen);
        bool udp = parsed.GetValue(_udp);
        if (parsed.GetValue(_stdio))
        {
            return listen is not null ? throw new UsageException("Give --listen or --stdio, not both.")
                : udp ? throw new UsageException("--stdio carries a stream of bytes, and --udp datagrams; use --udp with --listen.")
                : parsed.GetValue(_wait) ? throw new UsageException("--stdio does not wait; leave --wait out.")
                : run.StdioAsync(settings, new ConnectTarget(name, null), stop);
        }

        IPEndPoint address = listen?.As(ListenAddress.Parse) ?? new IPEndPoint(IPAddress.Loopback, 0);
        return run.TunnelsAsync(settings, [], [new ConnectTarget(name, address, udp)], new RunChoices { WaitForNames = parsed.GetValue(_wait) }, stop);
    }
}
