using System.CommandLine;
using System.Net;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok start</c>: tunnels of the configuration files, all in one session.</summary>
internal sealed class StartCommand(ClientRun run)
{
    private readonly SessionOptions _session = new();
    private readonly InspectorOptions _inspector = new();

    private readonly Argument<string[]> _names = new("name")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Names below tunnels: or connect: in ggrok.yml.",
    };

    private readonly Option<bool> _all = new("--all") { Description = "Start everything that is in the files." };
    private readonly Option<bool> _wait = new("--wait") { Description = "Start although nobody serves a private name to connect to yet." };
    private readonly Option<bool> _qr = QrOption.Make();

    public Command Build()
    {
        var command = new Command("start", "Open tunnels of the configuration file ggrok.yml by their names, all in one session.");
        command.Arguments.Add(_names);
        command.Options.Add(_all);
        command.Options.Add(_wait);
        command.Options.Add(_qr);
        _session.AddTo(command);
        _inspector.AddTo(command);
        command.SetAction(StartAsync);
        return command;
    }

    private Task<int> StartAsync(ParseResult parsed, CancellationToken stop)
    {
        SessionSettings settings = run.Settings(_session, parsed);
        SavedSettings saved = settings.Saved;
        string[] names = Chosen(saved, parsed.GetValue(_names) ?? [], parsed.GetValue(_all));
        NamedTunnel[] tunnels = [.. names.Select(n => saved.Tunnels.FirstOrDefault(t => t.Name == n)).OfType<TunnelEntry>()
            .Select(t => new NamedTunnel(t.Origin, t.Make(saved.Values)))];
        NamedConnect[] connect = [.. names.Select(n => saved.Connect.FirstOrDefault(c => c.Name == n)).OfType<ConnectEntry>()
            .Select(c => new NamedConnect(c.Origin, c.Make()))];
        if (TunnelClashes.Find(tunnels, connect).FirstOrDefault() is { } clash)
        {
            throw new UsageException(clash);
        }

        // Written in a file, perhaps by somebody else, it is easily overlooked; --listen is typed.
        foreach (NamedConnect open in connect.Where(c => c.Target.Listen is { } listen && !IPAddress.IsLoopback(listen.Address)))
        {
            run.Warn($"{open.Origin}: whoever reaches this machine at {open.Target.Listen} is let through to {open.Target.Name}.");
        }

        return run.TunnelsAsync(
            settings, [.. tunnels.Select(t => t.Tunnel)], [.. connect.Select(c => c.Target)],
            new RunChoices { Inspector = _inspector, WaitForNames = parsed.GetValue(_wait), CheckTargets = true, Qr = parsed.GetValue(_qr) }, stop);
    }

    private static string[] Chosen(SavedSettings saved, string[] names, bool all)
    {
        string[] known = [.. saved.Tunnels.Select(t => t.Name), .. saved.Connect.Select(c => c.Name)];
        string list = string.Join(", ", known);
        if (known.Length == 0)
        {
            throw new UsageException("There is no tunnel to start; write some below tunnels: in ggrok.yml, such as web: 3000, here or with: ggrok config edit");
        }

        if (all == names.Length > 0)
        {
            throw new UsageException(all ? "Give names or --all, not both." : $"Which tunnels? There are {list}; write for example ggrok start {known[0]}, or ggrok start --all");
        }

        foreach (string name in names.Where(n => !known.Contains(n)))
        {
            throw new UsageException($"There is no tunnel {name.Quoted()}; " + (Spelling.Nearest(name, known) is { } near ? $"did you mean {near}?" : $"there are {list}."));
        }

        string? twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? all ? known : names : throw new UsageException($"{twice} is given twice; give it once.");
    }
}
