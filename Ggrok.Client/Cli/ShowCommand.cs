using System.CommandLine;
using System.Text;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Remote;
using Ggrok.Client.Output;
using Ggrok.Client.Output.Requests;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok requests show</c>: everything about one request, or the bytes of a body.</summary>
internal sealed class ShowCommand(CommandOutput output) : InspectorCommand(output)
{
    private readonly Argument<string> _number = NumberArgument();
    private readonly Option<string?> _body = TextOption.Make("--body", null, "WHICH", "Write only the bytes of this body, for pipes: request or response.");
    private readonly Option<bool> _decoded = new("--decoded") { Description = "With --body: undo the content-encodings, such as gzip." };

    public Command Build()
    {
        var command = new Command("show", "Show a request and its response: heads, times, bodies.");
        command.Arguments.Add(_number);
        command.Options.Add(_body);
        command.Options.Add(_decoded);
        SetUp(command, ShowAsync);
        return command;
    }

    private async Task<ExitCode> ShowAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        string path = "/api/exchanges/" + Number(parsed, _number);
        string? which = sources.Option(_body)?.As(Which);
        bool decoded = parsed.GetValue(_decoded);
        if (decoded && which is null)
        {
            throw new UsageException("--decoded goes with --body request or --body response; without, bodies are shown decoded anyway.");
        }

        byte[] json = await client.GetBytesAsync(path, stop).ConfigureAwait(false);
        ExchangeDetails exchange = InspectorClient.Read(InspectorClient.Parse(json), InspectorJson.Relaxed.ExchangeDetails);

        // From now on the same one, whatever comes in meanwhile.
        path = "/api/exchanges/" + exchange.Summary.Number;
        if (which is not null)
        {
            return await BytesAsync(client, $"{path}/{which}/body{(decoded ? "?decoded=true" : "")}", which == "request" ? exchange.Request.Body : exchange.Response?.Body, stop).ConfigureAwait(false);
        }

        if (AsJson(parsed))
        {
            await Output.Text.WriteLineAsync(Encoding.UTF8.GetString(json)).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        var text = new ExchangeText(Output.Palette);
        await Output.LinesAsync([.. text.Summary(exchange), "", .. text.Head(exchange.Request)]).ConfigureAwait(false);
        await BodyAsync(client, text, exchange.Request.Body, path + "/request", stop).ConfigureAwait(false);
        if (exchange.Response is { } response)
        {
            await Output.LinesAsync(["", .. text.Head(response)]).ConfigureAwait(false);
            await BodyAsync(client, text, response.Body, path + "/response", stop).ConfigureAwait(false);
            await Output.LinesAsync(text.Trailers(response)).ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private async Task BodyAsync(InspectorClient client, ExchangeText text, BodyDetails body, string path, CancellationToken stop)
    {
        byte[] bytes = body is { Bytes: > 0, Text: null } ? await client.GetBytesAsync(path + "/body?decoded=true", stop).ConfigureAwait(false) : [];
        string[] lines = [.. text.Body(body, bytes)];
        await Output.LinesAsync(lines.Length == 0 ? [] : ["", .. lines]).ConfigureAwait(false);
    }

    private async Task<ExitCode> BytesAsync(InspectorClient client, string path, BodyDetails? body, CancellationToken stop)
    {
        if (body is null)
        {
            throw new InspectorException("There is no response.");
        }

        byte[] bytes = await client.GetBytesAsync(path, stop).ConfigureAwait(false);
        if (Output.IsTerminal && CommandOutput.CouldSteer(bytes))
        {
            throw new InspectorException("The body is binary and could confuse the terminal; send it into a file or a pipe, or look at it without --body.");
        }

        Stream stream = Output.Bytes();
        await stream.WriteAsync(bytes, stop).ConfigureAwait(false);
        await stream.FlushAsync(stop).ConfigureAwait(false);
        if (body.Truncated)
        {
            await Output.WarnAsync($"This is not all: {Readable.Bytes(body.KeptBytes)} of {Readable.Bytes(body.Bytes)} were kept; --inspect-body of the running ggrok says how much is.").ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private static string Which(string text) => text.ToLowerInvariant() is ("request" or "response") and var which
        ? which
        : throw new UsageException($"{text.Quoted()} is no body; write request or response.");
}
