using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Remote;
using Ggrok.Client.Output.Requests;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok replay</c>: sends a request to the local service again, perhaps changed, perhaps elsewhere.</summary>
internal sealed class ReplayCommand(CommandOutput output) : InspectorCommand(output)
{
    private const int MostTimes = 1000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Argument<string> _number = NumberArgument();
    private readonly Option<string?> _count = TextOption.Make("--count", "-n", "N", "How many times. [default: 1]");
    private readonly Option<string?> _pause = TextOption.Make("--pause", null, "TIME", "Pause between two.");
    private readonly Option<string?> _method = TextOption.Make("--method", null, "METHOD", "Another method.");
    private readonly Option<string?> _target = TextOption.Make("--target-path", null, "PATH", "Another path, with its query: /orders?id=2");
    private readonly Option<string[]> _header = HeaderFieldOption.Make("Another header field in place of the recorded one, as in 'X-Mode: test'; 'X-Mode:' leaves it out. May be repeated.");
    private readonly Option<string?> _body = TextOption.Make("--body", null, "TEXT", "Another body; @FILE for that of a file.");
    private readonly Option<string?> _to = TextOption.Make("--to", null, "URL", "To another service: http://localhost:4000");
    private readonly Option<bool> _diff = new("--diff") { Description = "Show what differs between the responses." };

    public Command Build()
    {
        var command = new Command("replay", "Send a request to the local service again, perhaps changed.");
        command.Arguments.Add(_number);
        foreach (Option option in (Option[])[_count, _pause, _method, _target, _header, _body, _to, _diff])
        {
            command.Options.Add(option);
        }

        SetUp(command, ReplayAsync);
        return command;
    }

    private async Task<ExitCode> ReplayAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        string path = "/api/exchanges/" + Number(parsed, _number);
        JsonObject order = Order(sources);
        string[][] fields = [.. sources.Options(_header).Select(s => s.As(HeaderFieldOption.Parse)).Select(f => new[] { f.Name, f.Value })];
        ExchangeDetails original = InspectorClient.Read(await client.GetAsync(path, stop).ConfigureAwait(false), InspectorJson.Relaxed.ExchangeDetails);
        if (fields.Length > 0)
        {
            order["headers"] = Merged(original.Request.Headers, fields);
        }

        long number = original.Summary.Number;
        byte[] answer = await client.WriteAsync(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/api/exchanges/{number}/replay"), order, stop).ConfigureAwait(false);
        (ExchangeRow Row, JsonElement Json)[] rows = [.. InspectorClient.Rows(InspectorClient.Parse(answer))];
        JsonElement?[] diffs = new JsonElement?[rows.Length];
        if (parsed.GetValue(_diff))
        {
            for (int i = 0; i < rows.Length; i++)
            {
                diffs[i] = await client.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/exchanges/{number}/diff/{rows[i].Row.Number}"), stop).ConfigureAwait(false);
            }
        }

        await WriteAsync(rows, diffs, number, AsJson(parsed)).ConfigureAwait(false);
        return rows.All(r => r.Row.Error is null) ? ExitCode.Ok : ExitCode.Failed;
    }

    private async Task WriteAsync((ExchangeRow Row, JsonElement Json)[] rows, JsonElement?[] diffs, long number, bool asJson)
    {
        if (asJson)
        {
            // The diff goes with its exchange, so that each line says all.
            await Output.LinesAsync(rows.Zip(diffs, (r, d) => d is { } diff
                ? $$"""{"exchange":{{r.Json.GetRawText()}},"diff":{{diff.GetRawText()}}}"""
                : r.Json.GetRawText())).ConfigureAwait(false);
            return;
        }

        var lines = new RowText(Output.Palette, Output.Width());
        var text = new DiffText(Output.Palette);
        lines.Measure([.. rows.Select(r => r.Row)]);
        foreach (((ExchangeRow row, _), JsonElement? diff) in rows.Zip(diffs))
        {
            await Output.Text.WriteLineAsync(lines.Line(row)).ConfigureAwait(false);
            if (diff is { } difference)
            {
                DiffDetails details = InspectorClient.Read(difference, InspectorJson.Relaxed.DiffDetails);
                await Output.LinesAsync([.. text.Lines(details, number, row.Number), ""]).ConfigureAwait(false);
            }
        }
    }

    private JsonObject Order(SettingSources sources)
    {
        var order = new JsonObject();
        if (sources.Option(_count)?.As(Times) is { } count)
        {
            order["count"] = count;
        }

        if (sources.Option(_pause)?.As(Pause) is { } pause)
        {
            order["pauseMs"] = (int)pause.TotalMilliseconds;
        }

        if (sources.Option(_method)?.As(t => t) is { } method)
        {
            order["method"] = method;
        }

        if (sources.Option(_target)?.As(Target) is { } target)
        {
            order["target"] = target;
        }

        if (sources.Option(_to)?.As(t => TargetAddress.Parse(t)) is { } to)
        {
            order["url"] = to.GetLeftPart(UriPartial.Authority);
        }

        if (sources.Option(_body) is { } body)
        {
            SetBody(order, body.Text);
        }

        return order;
    }

    private static void SetBody(JsonObject order, string text)
    {
        if (!text.StartsWith('@'))
        {
            order["body"] = text;
            return;
        }

        try
        {
            order["bodyBase64"] = Convert.ToBase64String(File.ReadAllBytes(text[1..]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--body: {text[1..].Quoted()} cannot be read: {e.Message}");
        }
    }

    // What is given replaces all recorded fields of its name, and comes last.
    private static JsonArray Merged(IReadOnlyList<string[]> recorded, string[][] given)
    {
        var all = new JsonArray();
        foreach (string[] field in recorded.Where(r => !given.Any(g => Same(g, r))))
        {
            all.Add(new JsonArray(field[0], field[1]));
        }

        foreach (string[] field in given.Where(f => f[1].Length > 0))
        {
            all.Add(new JsonArray(field[0], field[1]));
        }

        return all;
    }

    private static bool Same(string[] one, string[] other) => one[0].Equals(other[0], StringComparison.OrdinalIgnoreCase);

    private static string Target(string text) => text.StartsWith('/')
        ? text
        : throw new UsageException($"{text.Quoted()} is no path; it begins with a slash, as in /orders?id=2");

    private static int Times(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostTimes
            ? count
            : throw new UsageException($"{text.Quoted()} is no number of times; write one from 1 to {MostTimes}.");

    private static TimeSpan Pause(string text) => SettingValues.Duration(text) is var pause && pause <= LongestPause
        ? pause
        : throw new UsageException("A pause is at most a minute; write it like 500ms.");
}
