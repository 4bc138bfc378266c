using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox drop</c>: forgets stored requests.</summary>
internal sealed class InboxDropCommand(ClientRun run, CommandOutput output, TextReader input) : ServerInboxCommand(run, output)
{
    private readonly InboxSelection _selection = new();
    private readonly Option<bool> _yes = YesOption.Make();

    public Command Build()
    {
        var command = new Command("drop", "Forget stored webhooks; nobody delivers them any more.");
        _selection.AddTo(command);
        AddTunnel(command);
        command.Options.Add(_yes);
        SetUp(command, DropAsync);
        return command;
    }

    private async Task<ExitCode> DropAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        string[] ids = _selection.Ids(parsed, HasTunnel(sources));
        ExitCode exit = ExitCode.Ok;
        int count = 0;
        if (ids.Length > 0)
        {
            exit = await EachAsync(await InboxNames.IdsAsync(client, ids, stop).ConfigureAwait(false), async id =>
            {
                await client.DropAsync(id, stop).ConfigureAwait(false);
                count++;
            }).ConfigureAwait(false);
        }
        else
        {
            InboxChoice choice = _selection.Choice(parsed, await TunnelAsync(sources, client, stop).ConfigureAwait(false));
            if (!parsed.GetValue(_yes) && !await MayAsync(client, choice, stop).ConfigureAwait(false))
            {
                await Output.WarnAsync("Nothing was dropped.").ConfigureAwait(false);
                return ExitCode.Failed;
            }

            count = await client.DropAsync(choice, stop).ConfigureAwait(false);
        }

        await (AsJson(parsed) ? JsonAsync(new InboxCount(count), InboxJson.Relaxed.InboxCount)
            : Output.Text.WriteLineAsync($"{Readable.Count(count, "webhook")} {(count == 1 ? "is" : "are")} dropped.")).ConfigureAwait(false);
        return exit;
    }

    private async Task<bool> MayAsync(InboxClient client, InboxChoice choice, CancellationToken stop)
    {
        int count = (await client.TunnelsAsync(stop).ConfigureAwait(false)).Sum(choice.CountOf);
        string what = Readable.Count(count, choice.State == InboxItem.Dead ? "dead letter" : "webhook");
        return count == 0 || await Output.ConfirmAsync($"Drop {what}{(choice.Tunnel is { } tunnel ? " of " + tunnel : "")}, which then {(count == 1 ? "is" : "are")} lost for good?", input, stop).ConfigureAwait(false);
    }
}
