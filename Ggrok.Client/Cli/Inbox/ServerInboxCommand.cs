using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Cli.Inbox;

/// <summary>What the commands have in common that ask the server about inboxes. No client needs to run.</summary>
internal abstract class ServerInboxCommand(ClientRun run, CommandOutput output)
{
    private readonly SessionOptions _session = new();
    private readonly Option<string?> _tunnel = TextOption.Make("--tunnel", null, "TUNNEL", "Only those of this tunnel: its public URL, host and path, or the first part of the host.");
    private readonly Option<bool> _json = new("--json") { Description = "The same as --log json: one JSON object a line, as the server has it." };

    protected CommandOutput Output => output;

    /// <summary>Gives a command the options that all of them have, and what it does.</summary>
    protected void SetUp(Command command, Func<ParseResult, SettingSources, InboxClient, CancellationToken, Task<ExitCode>> act)
    {
        command.Options.Add(_json);
        _session.AddTo(command);
        command.SetAction((parsed, stop) => RunAsync(parsed, act, stop));
    }

    /// <summary>Lets a command be about one tunnel.</summary>
    protected void AddTunnel(Command command) => command.Options.Add(_tunnel);

    protected bool AsJson(ParseResult parsed) => parsed.GetValue(_json)
        || new SettingSources(parsed, _ => null, new Dictionary<string, Setting>()).Option(_session.Log)?.As(SettingValues.Log) == LogFormat.Json;

    /// <summary>Whether one tunnel was named.</summary>
    protected bool HasTunnel(SettingSources sources) => sources.Option(_tunnel) is not null;

    /// <summary>The tunnel of <c>--tunnel</c>; null without it.</summary>
    /// <exception cref="UsageException">There is no such inbox.</exception>
    protected async Task<string?> TunnelAsync(SettingSources sources, InboxClient client, CancellationToken stop)
    {
        if (sources.Option(_tunnel)?.As(t => t) is not { } written)
        {
            return null;
        }

        IReadOnlyList<InboxTunnel> inboxes = await client.TunnelsAsync(stop).ConfigureAwait(false);
        return new Setting(written, _tunnel.Name).As(w => InboxNames.Tunnel(w, inboxes));
    }

    /// <summary>Writes a value as a line of JSON.</summary>
    protected Task JsonAsync<T>(T value, JsonTypeInfo<T> type) => output.Text.WriteLineAsync(JsonSerializer.Serialize(value, type));

    /// <summary>Does something with each request, also where one before failed; says what failed.</summary>
    protected async Task<ExitCode> EachAsync(IReadOnlyList<string> ids, Func<string, Task> act)
    {
        ExitCode exit = ExitCode.Ok;
        foreach (string id in ids)
        {
            try
            {
                await act(id).ConfigureAwait(false);
            }
            catch (ServerApiException e) when (e.Status is >= 400 and < 500 and not 401)
            {
                await output.WarnAsync(e.Message).ConfigureAwait(false);
                exit = ExitCode.Failed;
            }
        }

        return exit;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, SettingSources, InboxClient, CancellationToken, Task<ExitCode>> act, CancellationToken stop)
    {
        SessionSettings settings = run.Settings(_session, parsed);
        settings.Log();
        TunnelClientOptions options = settings.Resolve([], [], run.Warn);
        try
        {
            using var client = new InboxClient(options);
            return (int)await act(parsed, settings.Sources, client, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ServerApiException or PemException)
        {
            await output.WarnAsync(e.Message).ConfigureAwait(false);
            return (int)(e is ServerApiException refused ? refused.Code : ExitCode.Failed);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (int)ExitCode.Failed;
        }
    }
}
