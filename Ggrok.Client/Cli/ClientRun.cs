using System.CommandLine;
using Ggrok.Client.Configuration;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Client.Output;
using Ggrok.Client.Output.View;
using Ggrok.Client.Telemetry;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>Runs a client with the output that was asked for.</summary>
/// <param name="output">Where results go.</param>
/// <param name="error">Where problems go.</param>
/// <param name="isTerminal">Whether people watch <paramref name="output"/>.</param>
/// <param name="environment">Reads environment variables.</param>
/// <param name="config">Where the configuration files are.</param>
/// <param name="run">Opens the tunnels.</param>
/// <param name="terminal">What <paramref name="output"/> leads to when people watch it and pictures may be drawn there.</param>
internal sealed class ClientRun(
    TextWriter output, TextWriter error, bool isTerminal, Func<string, string?> environment, ConfigSource config, TunnelRunner run, ITerminal? terminal)
{
    /// <summary>Where the settings of one command line come from.</summary>
    /// <exception cref="UsageException">The configuration file cannot be used.</exception>
    public SessionSettings Settings(SessionOptions options, ParseResult parsed) => new(options, config, parsed, environment);

    /// <summary>Opens tunnels and listens for private names until stopped; returns the exit code.</summary>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public async Task<int> TunnelsAsync(
        SessionSettings settings, IReadOnlyList<LocalTunnel> tunnels, IReadOnlyList<ConnectTarget> connect, RunChoices choices, CancellationToken stop)
    {
        LogFormat log = settings.Log();
        QrOption.Check(choices.Qr, log == LogFormat.Json, tunnels);
        InspectOptions? inspect = choices.Inspector?.Resolve(settings.Sources);
        using ClientTelemetry? telemetry = ClientTelemetry.Start(environment);
        IReadOnlyList<Rule> rules = choices.Inspector is null ? [] : Rules(settings.Saved, tunnels, canHold: inspect is { HasPage: true });
        TunnelClientOptions options = settings.Resolve(tunnels, connect, Warn) with
        {
            WaitForNames = choices.WaitForNames,
            CheckTargets = choices.CheckTargets,
            Inspect = inspect,
            Rules = rules,
            Tracing = telemetry?.Tracing,
        };
        if (rules.Any(r => r.Enabled))
        {
            // Written once, they are easily forgotten; and a working folder's may be somebody else's.
            Warn($"Rules of ggrok.yml act on requests: {string.Join(", ", rules.Where(r => r.Enabled).Select(r => r.Name))}.");
        }

        Task<int> running = log == LogFormat.Json ? JsonAsync(options, output, stop)
            : log == LogFormat.View && !settings.IsQuiet && terminal is { CanDraw: true } ? ViewAsync(options, terminal, choices.Qr, stop)
            : TextAsync(options, output, settings.IsQuiet, stop, choices.Qr);
        return await running.ConfigureAwait(false);
    }

    /// <summary>Joins standard input and output with a private name, and says problems only, on standard error.</summary>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public Task<int> StdioAsync(SessionSettings settings, ConnectTarget target, CancellationToken stop)
    {
        TunnelClientOptions options = settings.Resolve([], [target], Warn) with { Reconnect = false, Connections = 1 };
        return TextAsync(options, error, quiet: true, stop);
    }

    /// <summary>Says what is worth knowing but no error.</summary>
    public void Warn(string message) => error.WriteLine("ggrok: " + message);

    private bool MayColour => string.IsNullOrEmpty(environment("NO_COLOR"));

    private static Rule[] Rules(SavedSettings saved, IReadOnlyList<LocalTunnel> tunnels, bool canHold)
    {
        if (!tunnels.Any(t => t.Kind == TunnelKind.Http))
        {
            return [];
        }

        Rule[] rules = [.. saved.Rules.Select(r => r.Make(saved.Tunnels))];
        if (!canHold && Array.Find(rules, r => r.Hold && r.Enabled && (r.Tunnel is null || tunnels.Any(t => t.Name == r.Tunnel))) is { } held)
        {
            throw new UsageException($"{held.Origin}.hold: Nobody could release the requests without the inspector; leave --inspect off out, or write enabled: false here.");
        }

        return rules;
    }

    private async Task<int> JsonAsync(TunnelClientOptions options, TextWriter writer, CancellationToken stop)
    {
        await using var json = new JsonOutput(writer, TimeProvider.System);
        return await FinishAsync(await run(options, json, stop).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task<int> TextAsync(TunnelClientOptions options, TextWriter writer, bool quiet, CancellationToken stop, bool qr = false)
    {
        ClientExit exit;
        await using (var text = new TerminalOutput(writer, isTerminal && MayColour, quiet, qr))
        {
            exit = await run(options, text, stop).ConfigureAwait(false);
        }

        return await FinishAsync(exit).ConfigureAwait(false);
    }

    private async Task<int> ViewAsync(TunnelClientOptions options, ITerminal screen, bool qr, CancellationToken stop)
    {
        ClientExit exit;
        await using (var view = new TerminalView(screen, options.Server, MayColour, qr, TimeProvider.System))
        {
            exit = await run(options, view, stop).ConfigureAwait(false);
        }

        return await FinishAsync(exit).ConfigureAwait(false);
    }

    private async Task<int> FinishAsync(ClientExit exit)
    {
        if (exit.Message is not null)
        {
            await error.WriteLineAsync("ggrok: " + exit.Message).ConfigureAwait(false);
        }

        return (int)exit.Code;
    }
}
