using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Remote;
using Ggrok.Client.Output.Requests;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok requests</c>: the requests that a running client keeps, once or as they come.</summary>
internal sealed class RequestsCommand(CommandOutput output) : InspectorCommand(output)
{
    private const int MostRows = 10_000;
    private const int DefaultLimit = 30;

    private readonly RequestFilterOptions _filter = new();
    private readonly Option<string?> _limit = TextOption.Make("--limit", null, "N", "At most so many, the newest. [default: 30]");
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with those that come, until Ctrl-C." };

    public Command Build()
    {
        var command = new Command("requests", "List the requests that a running ggrok keeps, the newest last.");
        _filter.AddTo(command);
        command.Options.Add(_limit);
        command.Options.Add(_follow);
        SetUp(command, ListAsync);
        command.Subcommands.Add(new ShowCommand(Output).Build());
        command.Subcommands.Add(new ClearCommand(Output).Build());
        command.Subcommands.Add(new ExportCommand(Output).Build());
        command.Subcommands.Add(new HarCommand(Output).Build());
        return command;
    }

    private async Task<ExitCode> ListAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        string limit = (sources.Option(_limit)?.As(Limit) ?? DefaultLimit).ToString(CultureInfo.InvariantCulture);
        (string Name, string Value)[] query = _filter.Query(sources);
        ExchangeFilter filter = RequestFilterOptions.Filter(query);
        var lines = new RowText(Output.Palette, Output.Width());
        bool asJson = AsJson(parsed);
        bool follow = parsed.GetValue(_follow);

        // Before the list, so that nothing falls between the two.
        await using Stream? events = follow ? await client.EventsAsync(stop).ConfigureAwait(false) : null;
        string path = RequestFilterOptions.Path("/api/exchanges", query.Append(("limit", limit)));
        JsonElement page = await client.GetAsync(path, stop).ConfigureAwait(false);
        (ExchangeRow Row, JsonElement Json)[] rows = [.. InspectorClient.Rows(page.GetProperty("items")).Reverse()];
        lines.Measure([.. rows.Select(r => r.Row)]);
        await Output.LinesAsync(rows.Where(r => !follow || r.Row.State == "done").Select(r => asJson ? r.Json.GetRawText() : lines.Line(r.Row))).ConfigureAwait(false);
        if (events is not null)
        {
            var seen = new HashSet<long>(rows.Where(r => r.Row.State == "done").Select(r => r.Row.Number));
            await FollowAsync(events, seen, filter, lines, asJson, stop).ConfigureAwait(false);
        }
        else if (rows.Length == 0 && !asJson)
        {
            await Output.WarnAsync(query.Length == 0 ? "No request has come in yet." : "No request fits.").ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    // Each one once, when it is over.
    private async Task FollowAsync(Stream events, HashSet<long> seen, ExchangeFilter filter, RowText lines, bool asJson, CancellationToken stop)
    {
        await foreach ((string name, string data) in ServerSentEvents.ReadAsync(events, stop).ConfigureAwait(false))
        {
            if (name == "skipped" && InspectorClient.Read(InspectorClient.Parse(System.Text.Encoding.UTF8.GetBytes(data)), InspectorJson.Relaxed.SkippedDetails) is { } skipped)
            {
                await Output.WarnAsync($"{skipped.Count} more came too fast to be told.").ConfigureAwait(false);
            }

            if (name != "exchanges")
            {
                continue;
            }

            foreach ((ExchangeRow row, JsonElement json) in InspectorClient.Rows(InspectorClient.Parse(System.Text.Encoding.UTF8.GetBytes(data))))
            {
                if (row.State == "done" && filter.Matches(row) && seen.Add(row.Number))
                {
                    lines.Measure([row]);
                    await Output.Text.WriteLineAsync(asJson ? json.GetRawText() : lines.Line(row)).ConfigureAwait(false);
                }
            }

            await Output.Text.FlushAsync(stop).ConfigureAwait(false);
        }

        await Output.WarnAsync("That ggrok was stopped.").ConfigureAwait(false);
    }

    private static int Limit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit is >= 1 and <= MostRows
            ? limit
            : throw new UsageException($"{text.Quoted()} is no number of requests; write one from 1 to {MostRows}.");
}
