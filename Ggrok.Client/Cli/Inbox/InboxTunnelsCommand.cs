using System.CommandLine;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output.Inbox;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox tunnels</c>: which tunnels have an inbox, what is in it, and how long their names are kept.</summary>
internal sealed class InboxTunnelsCommand(ClientRun run, CommandOutput output) : ServerInboxCommand(run, output)
{
    public Command Build()
    {
        var command = new Command("tunnels", "List the inboxes: what they hold, and until when the names of tunnels that are away are kept.");
        SetUp(command, ListAsync);
        return command;
    }

    private async Task<ExitCode> ListAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        IReadOnlyList<InboxTunnel> inboxes = await client.TunnelsAsync(stop).ConfigureAwait(false);
        bool asJson = AsJson(parsed);
        await Output.LinesAsync(asJson
            ? inboxes.Select(t => JsonSerializer.Serialize(t, InboxJson.Relaxed.InboxTunnel))
            : new InboxText(Output.Palette, Output.Width()).Lines(inboxes)).ConfigureAwait(false);
        if (inboxes.Count == 0 && !asJson)
        {
            await Output.WarnAsync("No tunnel of this installation has an inbox on the server; start one with: ggrok 3000 --inbox").ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }
}
