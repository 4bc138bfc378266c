using System.CommandLine;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inbox.Pull;
using Ggrok.Client.Output;
using Ggrok.Client.Output.Requests;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox pull</c>: fetches stored requests to files.</summary>
internal sealed class InboxPullCommand(ClientRun run, CommandOutput output) : ServerInboxCommand(run, output)
{
    private const string DefaultFolder = "inbox";

    private readonly Option<string?> _folder = TextOption.Make("--dir", null, "DIR", "Folder for the files, made if needed. [default: inbox]");
    private readonly Option<string?> _state = InboxStateOption.Make();
    private readonly Option<bool> _drop = new("--drop") { Description = "Drop at the server what is on disk here." };

    public Command Build()
    {
        var command = new Command("pull", "Fetch stored webhooks to files, one each, to be sent with ggrok inbox push.");
        AddTunnel(command);
        command.Options.Add(_folder);
        command.Options.Add(_state);
        command.Options.Add(_drop);
        SetUp(command, PullAsync);
        return command;
    }

    private async Task<ExitCode> PullAsync(ParseResult parsed, SettingSources sources, InboxClient client, CancellationToken stop)
    {
        string folder = sources.Option(_folder)?.As(t => t) ?? DefaultFolder;
        string state = InboxStateOption.Of(sources, _state);
        var choice = new InboxChoice(state, await TunnelAsync(sources, client, stop).ConfigureAwait(false));
        var files = new PulledFolder(folder, client);
        var tally = new Tally();

        // What is dropped on the way must not move what comes next.
        var items = new List<InboxItem>();
        await foreach (InboxItem item in client.ItemsAsync(choice, null, stop).ConfigureAwait(false))
        {
            items.Add(item);
        }

        foreach (InboxItem item in items)
        {
            PullLine line = await FetchAsync(client, files, item, parsed.GetValue(_drop), tally, stop).ConfigureAwait(false);
            await WriteAsync(line, item, AsJson(parsed)).ConfigureAwait(false);
        }

        await Output.WarnAsync(tally.Sentence(folder)).ConfigureAwait(false);
        return tally.Failed == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private async Task<PullLine> FetchAsync(InboxClient client, PulledFolder files, InboxItem item, bool drop, Tally tally, CancellationToken stop)
    {
        string id = Printable.Clean(item.Id);
        try
        {
            if (!InboxId.IsValid(item.Id))
            {
                throw new FormatException("This is no id.");
            }

            string path = files.PathOf(item);
            if (!drop && files.Has(item))
            {
                tally.WereThere++;
                return new PullLine(id, path, "wasThere", false);
            }

            PullResult result = await files.FetchAsync(item, stop).ConfigureAwait(false);
            if (result == PullResult.Differs)
            {
                tally.Failed++;
                await Output.WarnAsync($"{path} is another one than the server has, so it was not dropped there; move the file away and pull again.").ConfigureAwait(false);
                return new PullLine(id, path, "differs", false);
            }

            _ = result == PullResult.Written ? tally.Written++ : tally.WereThere++;
            return new PullLine(id, path, result == PullResult.Written ? "written" : "wasThere", drop && await DropAsync(client, item, tally, stop).ConfigureAwait(false));
        }
        catch (ServerApiException e) when (e.Status == 404)
        {
            tally.Gone++;
            return new PullLine(id, null, "gone", false);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            tally.Failed++;
            await Output.WarnAsync($"{id} could not be fetched: {e.Message}").ConfigureAwait(false);
            return new PullLine(id, null, "failed", false);
        }
    }

    private static async Task<bool> DropAsync(InboxClient client, InboxItem item, Tally tally, CancellationToken stop)
    {
        try
        {
            await client.DropAsync(item.Id, stop).ConfigureAwait(false);
            tally.Dropped++;
            return true;
        }
        catch (ServerApiException e) when (e.Status == 404)
        {
            // It was delivered meanwhile.
            return false;
        }
    }

    private Task WriteAsync(PullLine line, InboxItem item, bool asJson) => asJson
        ? JsonAsync(line, InboxCommandJson.Relaxed.PullLine)
        : line.Result == "written"
            ? Output.Text.WriteLineAsync($"{line.File}  {SafeText.Line(item.Method)} {SafeText.Line(item.Target)}  {Output.Palette.Quiet(Readable.Bytes(item.Bytes))}")
            : Task.CompletedTask;

    private sealed class Tally
    {
        public int Written;
        public int WereThere;
        public int Dropped;
        public int Gone;
        public int Failed;

        public string Sentence(string folder)
        {
            string[] parts =
            [
                $"{Readable.Count(Written, "webhook")} fetched to {folder}",
                .. WereThere > 0 ? [$"{Readable.Count(WereThere)} {(WereThere == 1 ? "was" : "were")} there already"] : Array.Empty<string>(),
                .. Dropped > 0 ? [$"{Readable.Count(Dropped)} dropped at the server"] : Array.Empty<string>(),
                .. Gone > 0 ? [$"{Readable.Count(Gone)} delivered or dropped meanwhile"] : Array.Empty<string>(),
                .. Failed > 0 ? [$"{Readable.Count(Failed)} failed"] : Array.Empty<string>(),
            ];
            return string.Join(", ", parts) + ".";
        }
    }
}
