using System.CommandLine;
using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Output;
using Ggrok.Client.Output.Inbox;
using Ggrok.Client.Output.Requests;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox show</c>: a stored request with its head and body, or the bytes of its body.</summary>
internal sealed class InboxShowCommand(ClientRun run, CommandOutput output) : ServerInboxCommand(run, output)
{
    // What is larger is for files and pipes.
    private const int LargestShown = 16 * 1024 * 1024;
    private const int LargestOnTerminal = 1024 * 1024;

    private readonly Argument<string> _id = new("id") { Description = "Id of the webhook, as ggrok inbox list shows it, or the beginning of it." };
    private readonly Option<bool> _body = new("--body") { Description = "Write only the bytes of the body, for pipes." };
    private readonly Option<bool> _decoded = new("--decoded") { Description = "With --body: undo the content-encodings, such as gzip." };

    public Command Build()
    {
        var command = new Command("show", "Show a stored webhook: where it came from, how its delivery goes, head and body.");
        command.Arguments.Add(_id);
        command.Options.Add(_body);
        command.Options.Add(_decoded);
        SetUp(command, ShowAsync);
        return command;
    }

    private async Task<ExitCode> ShowAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        bool decoded = parsed.GetValue(_decoded);
        if (decoded && !parsed.GetValue(_body))
        {
            throw new UsageException("--decoded goes with --body; without, the body is shown decoded anyway.");
        }

        string id = (await InboxNames.IdsAsync(client, [parsed.GetValue(_id)!], stop).ConfigureAwait(false))[0];
        InboxItemDetails item = await client.ItemAsync(id, stop).ConfigureAwait(false);
        if (parsed.GetValue(_body))
        {
            await BytesAsync(client, item, decoded, stop).ConfigureAwait(false);
        }
        else if (AsJson(parsed))
        {
            await JsonAsync(item, InboxJson.Relaxed.InboxItemDetails).ConfigureAwait(false);
        }
        else
        {
            var text = new ExchangeText(Output.Palette);
            await Output.LinesAsync([
                .. new InboxText(Output.Palette, Output.Width()).Summary(item), "",
                .. text.Head(item.Method, item.Target, item.Version, item.Headers),
                .. await BodyAsync(client, text, item, stop).ConfigureAwait(false)]).ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private static async Task<IEnumerable<string>> BodyAsync(InboxClient client, ExchangeText text, InboxItemDetails item, CancellationToken stop)
    {
        if (item.Bytes > LargestShown)
        {
            return ["", $"(the body has {Readable.Bytes(item.Bytes)}; write it to a file with --body)"];
        }

        CapturedBody body = await FetchAsync(client, item, stop).ConfigureAwait(false);
        BodyDetails details = BodyProjection.Of(body, Fields(item));
        string[] lines = [.. text.Body(details, Decoded(body, item), "--body")];
        return lines.Length == 0 ? [] : ["", .. lines];
    }

    private async Task BytesAsync(InboxClient client, InboxItemDetails item, bool decoded, CancellationToken stop)
    {
        Stream stream = Output.Bytes();
        if (!decoded && !Output.IsTerminal)
        {
            await client.CopyBodyAsync(item.Id, stream, stop).ConfigureAwait(false);
        }
        else if (item.Bytes > (Output.IsTerminal ? LargestOnTerminal : LargestShown))
        {
            throw new ServerApiException(ExitCode.Failed, Output.IsTerminal
                ? $"The body has {Readable.Bytes(item.Bytes)}; send it into a file or a pipe."
                : $"The body has {Readable.Bytes(item.Bytes)}, too much to be decoded here; write it without --decoded.");
        }
        else
        {
            CapturedBody body = await FetchAsync(client, item, stop).ConfigureAwait(false);
            ReadOnlyMemory<byte> bytes = decoded ? Decoded(body, item) : body.Bytes;
            if (Output.IsTerminal && CommandOutput.CouldSteer(bytes.Span))
            {
                throw new ServerApiException(ExitCode.Failed, "The body is binary and could confuse the terminal; send it into a file or a pipe, or look at it without --body.");
            }

            await stream.WriteAsync(bytes, stop).ConfigureAwait(false);
        }

        await stream.FlushAsync(stop).ConfigureAwait(false);
    }

    private static async Task<CapturedBody> FetchAsync(InboxClient client, InboxItem item, CancellationToken stop)
    {
        using var bytes = new MemoryStream();
        if (item.Bytes > 0)
        {
            await client.CopyBodyAsync(item.Id, bytes, stop).ConfigureAwait(false);
        }

        return new CapturedBody(bytes.ToArray(), bytes.Length, []);
    }

    private static ReadOnlyMemory<byte> Decoded(CapturedBody body, InboxItemDetails item) => ContentDecoder.Decode(body, Fields(item), LargestShown).Bytes;

    private static List<HeaderField> Fields(InboxItemDetails item) => [.. item.Headers.Where(h => h.Length == 2).Select(h => new HeaderField(h[0], h[1]))];
}
