using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox close</c>: gives the name of a tunnel free that is kept because of its inbox.</summary>
internal sealed class InboxCloseCommand(ClientRun run, CommandOutput output, TextReader input) : ServerInboxCommand(run, output)
{
    private readonly Argument<string> _name = new("tunnel") { Description = "The tunnel: its public URL, host and path, or the first part of the host." };
    private readonly Option<bool> _drop = new("--drop") { Description = "Also when something is in its inbox, which is lost then." };
    private readonly Option<bool> _yes = YesOption.Make();

    public Command Build()
    {
        var command = new Command("close", "Close the inbox of a tunnel and give its name free.");
        command.Arguments.Add(_name);
        command.Options.Add(_drop);
        command.Options.Add(_yes);
        SetUp(command, CloseAsync);
        return command;
    }

    private async Task<ExitCode> CloseAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        IReadOnlyList<InboxTunnel> inboxes = await client.TunnelsAsync(stop).ConfigureAwait(false);
        string tunnel = InboxNames.Tunnel(parsed.GetValue(_name)!, inboxes);
        string shown = Printable.Clean(tunnel);
        bool drop = parsed.GetValue(_drop);
        int held = inboxes.Where(t => t.Tunnel == tunnel).Sum(t => t.Waiting + t.Dead);
        if (drop && held > 0 && !parsed.GetValue(_yes)
            && !await Output.ConfirmAsync($"Close {shown} and drop {Readable.Count(held, "webhook")}, which then {(held == 1 ? "is" : "are")} lost for good?", input, stop).ConfigureAwait(false))
        {
            await Output.WarnAsync("Nothing was closed.").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        await client.CloseAsync(tunnel, drop, stop).ConfigureAwait(false);
        await Output.Text.WriteLineAsync(AsJson(parsed) ? "{}" : $"The inbox of {shown} is closed, and its name is free.").ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
