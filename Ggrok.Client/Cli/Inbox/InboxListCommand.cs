using System.CommandLine;
using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output.Inbox;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox list</c>: what is stored, in order of arrival.</summary>
internal sealed class InboxListCommand(ClientRun run, CommandOutput output) : ServerInboxCommand(run, output)
{
    private const int MostRows = 100_000;
    private const int DefaultLimit = 100;

    private readonly Option<string?> _state = InboxStateOption.Make();
    private readonly Option<string?> _limit = TextOption.Make("--limit", null, "N", "At most so many, the oldest. [default: 100]");

    public Command Build()
    {
        var command = new Command("list", "List what is stored, the oldest first.");
        AddTunnel(command);
        command.Options.Add(_state);
        command.Options.Add(_limit);
        SetUp(command, ListAsync);
        return command;
    }

    private async Task<ExitCode> ListAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        string state = InboxStateOption.Of(sources, _state);
        int limit = sources.Option(_limit)?.As(Limit) ?? DefaultLimit;
        var choice = new InboxChoice(state, await TunnelAsync(sources, client, stop).ConfigureAwait(false));
        bool asJson = AsJson(parsed);
        var items = new List<InboxItem>();

        // One more tells whether there is more.
        await foreach (InboxItem item in client.ItemsAsync(choice, limit + 1, stop).ConfigureAwait(false))
        {
            if (items.Count == limit)
            {
                await Output.LinesAsync(Shown(items, asJson)).ConfigureAwait(false);
                await Output.WarnAsync(string.Create(CultureInfo.InvariantCulture, $"There are more than these {limit}; see them with --limit.")).ConfigureAwait(false);
                return ExitCode.Ok;
            }

            items.Add(item);
        }

        await Output.LinesAsync(Shown(items, asJson)).ConfigureAwait(false);
        if (items.Count == 0 && !asJson)
        {
            await Output.WarnAsync(choice is { State: InboxChoice.All, Tunnel: null } ? "Nothing is stored." : "Nothing that is stored fits.").ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private IEnumerable<string> Shown(List<InboxItem> items, bool asJson) => asJson
        ? items.Select(i => System.Text.Json.JsonSerializer.Serialize(i, InboxJson.Relaxed.InboxItem))
        : new InboxText(Output.Palette, Output.Width()).Lines(items);

    private static int Limit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit is >= 1 and <= MostRows
            ? limit
            : throw new UsageException($"{text.Quoted()} is no number of webhooks; write one from 1 to {MostRows}.");
}
