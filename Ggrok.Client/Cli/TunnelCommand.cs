using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>A command that opens one tunnel: <c>ggrok</c> itself, <c>ggrok tcp</c>, <c>udp</c> and <c>tls</c>.</summary>
internal sealed class TunnelCommand(TunnelKind kind, ClientRun run)
{
    private readonly SessionOptions _session = new();
    private readonly TunnelOptions _tunnel = new(kind);
    private readonly InspectorOptions _inspector = new();
    private readonly Option<bool> _qr = QrOption.Make();

    /// <summary>The sub-command of a kind.</summary>
    public static Command Build(TunnelKind kind, string description, ClientRun run)
    {
        var command = new Command(kind.ToWire(), description);
        new TunnelCommand(kind, run).SetUp(command);
        return command;
    }

    /// <summary>Gives the command its arguments, options and action.</summary>
    public void SetUp(Command command)
    {
        _tunnel.AddTo(command);
        _session.AddTo(command);
        if (kind == TunnelKind.Http)
        {
            command.Options.Add(_qr);
            _inspector.AddTo(command);
        }

        command.SetAction(OpenAsync);
    }

    private Task<int> OpenAsync(ParseResult parsed, CancellationToken stop)
    {
        SessionSettings settings = run.Settings(_session, parsed);
        var written = new CommandLineTunnel(parsed, _tunnel.Service, settings.Sources);
        LocalTunnel tunnel = new TunnelDefinition(written.Read, written.ReadAll, NoTarget).Make(kind, kind == TunnelKind.Http ? "web" : kind.ToWire());
        bool isHttp = kind == TunnelKind.Http;
        return run.TunnelsAsync(settings, [tunnel], [], new RunChoices { Inspector = isHttp ? _inspector : null, Qr = isHttp && parsed.GetValue(_qr) }, stop);
    }

    private string NoTarget() => kind == TunnelKind.Http
        ? "Which local service? Give its port: ggrok 3000, or: ggrok --port 3000"
        : $"Which local service? Give its port: ggrok {kind.ToWire()} {(kind == TunnelKind.Udp ? 53 : kind == TunnelKind.Tls ? 8443 : 5432)}";
}
