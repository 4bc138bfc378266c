using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Remote;
using Ggrok.Client.Output.Requests;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok requests export</c>: a request as a command or as code.</summary>
internal sealed class ExportCommand(CommandOutput output) : InspectorCommand(output)
{
    private static readonly string[] Formats = ["curl", "powershell", "csharp", "fetch"];
    private static readonly string[] Addresses = ["public", "local"];

    private readonly Argument<string> _number = NumberArgument();
    private readonly Option<string?> _as = TextOption.Make("--as", null, "FORMAT", "curl, powershell, csharp or fetch. [default: curl]");
    private readonly Option<string?> _to = TextOption.Make("--to", null, "WHERE", "Where it is sent: public (the public URL) or local (the local service). [default: public]");
    private readonly Option<bool> _secrets = new("--secrets") { Description = "Write Authorization, Cookie and other secrets as they are." };

    public Command Build()
    {
        var command = new Command("export", "Write a request as a command or as code.");
        command.Arguments.Add(_number);
        foreach (Option option in (Option[])[_as, _to, _secrets])
        {
            command.Options.Add(option);
        }

        SetUp(command, ExportAsync);
        return command;
    }

    private async Task<ExitCode> ExportAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        string number = Number(parsed, _number);
        string format = sources.Option(_as)?.As(t => OneOf(t, Formats)) ?? Formats[0];
        string to = sources.Option(_to)?.As(t => OneOf(t, Addresses)) ?? Addresses[0];
        string secrets = parsed.GetValue(_secrets) ? "&secrets=true" : "";
        byte[] bytes = await client.GetBytesAsync($"/api/exchanges/{number}/export?as={format}&to={to}{secrets}", stop).ConfigureAwait(false);
        string text = Encoding.UTF8.GetString(bytes);
        await Output.Text.WriteLineAsync(AsJson(parsed)
            ? new JsonObject { ["as"] = format, ["text"] = text }.ToJsonString()
            : Output.IsTerminal ? SafeText.Lines(text).TrimEnd('\n') : text.TrimEnd('\n')).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static string OneOf(string text, string[] words) => words.Contains(text.ToLowerInvariant())
        ? text.ToLowerInvariant()
        : throw new UsageException($"{text.Quoted()} is not known; write {string.Join(", ", words[..^1])} or {words[^1]}.");
}
