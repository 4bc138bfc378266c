using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox deliver</c>: makes stored requests due now, dead letters included.</summary>
internal sealed class InboxDeliverCommand(ClientRun run, CommandOutput output) : ServerInboxCommand(run, output)
{
    private readonly InboxSelection _selection = new();

    public Command Build()
    {
        var command = new Command("deliver", "Deliver stored webhooks now, without waiting for their next attempt; dead letters wait again.");
        _selection.AddTo(command);
        AddTunnel(command);
        SetUp(command, DeliverAsync);
        return command;
    }

    private async Task<ExitCode> DeliverAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        string[] ids = _selection.Ids(parsed, HasTunnel(sources));
        bool asJson = AsJson(parsed);
        var tunnels = new HashSet<string>(StringComparer.Ordinal);
        ExitCode exit = ExitCode.Ok;
        if (ids.Length == 0)
        {
            InboxChoice choice = _selection.Choice(parsed, await TunnelAsync(sources, client, stop).ConfigureAwait(false));
            var count = new InboxCount(await client.DeliverAsync(choice, stop).ConfigureAwait(false));
            await (asJson ? JsonAsync(count, InboxJson.Relaxed.InboxCount) : Output.Text.WriteLineAsync($"{Readable.Count(count.Count, "webhook")} {(count.Count == 1 ? "is" : "are")} due now.")).ConfigureAwait(false);
            if (count.Count > 0)
            {
                tunnels.UnionWith((await client.TunnelsAsync(stop).ConfigureAwait(false)).Where(t => choice.CountOf(t) > 0).Select(t => t.Tunnel));
            }
        }
        else
        {
            exit = await EachAsync(await InboxNames.IdsAsync(client, ids, stop).ConfigureAwait(false), async id =>
            {
                InboxItem item = await client.DeliverAsync(id, stop).ConfigureAwait(false);
                tunnels.Add(item.Tunnel);
                await (asJson ? JsonAsync(item, InboxJson.Relaxed.InboxItem) : Output.Text.WriteLineAsync($"{Printable.Clean(item.Id)} is due now.")).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }

        await TellAwayAsync(client, tunnels, stop).ConfigureAwait(false);
        return exit;
    }

    // Who asks for a delivery and sees none should know why.
    private async Task TellAwayAsync(InboxClient client, HashSet<string> tunnels, CancellationToken stop)
    {
        foreach (InboxTunnel inbox in tunnels.Count == 0 ? [] : await client.TunnelsAsync(stop).ConfigureAwait(false))
        {
            if (inbox.Away && tunnels.Contains(inbox.Tunnel))
            {
                await Output.WarnAsync($"{Printable.Clean(inbox.Tunnel)} is away; what waits for it is delivered when its ggrok is back.").ConfigureAwait(false);
            }
        }
    }
}
