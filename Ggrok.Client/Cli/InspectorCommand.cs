using System.CommandLine;
using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Remote;

namespace Ggrok.Client.Cli;

/// <summary>What the commands have in common that ask the inspector of a client which runs on this machine.</summary>
internal abstract class InspectorCommand(CommandOutput output)
{
    private readonly Option<string?> _inspector = TextOption.Make("--inspector", null, "PORT",
        "Port of the inspector to ask. [default: the only one of 4040 to 4049]");

    private readonly Option<bool> _json = new("--json") { Description = "Write JSON." };

    protected CommandOutput Output => output;

    /// <summary>Gives a command the options that all of them have, and what it does.</summary>
    protected void SetUp(Command command, Func<ParseResult, SettingSources, InspectorClient, CancellationToken, Task<ExitCode>> run, bool json = true)
    {
        command.Options.Add(_inspector);
        if (json)
        {
            command.Options.Add(_json);
        }

        command.SetAction((parsed, stop) => RunAsync(parsed, run, stop));
    }

    protected bool AsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The argument that names a request.</summary>
    protected static Argument<string> NumberArgument() => new("number") { Description = "Number of a request, as ggrok requests shows it, or last." };

    /// <summary>A number, or <c>last</c>.</summary>
    /// <exception cref="UsageException">The text is neither.</exception>
    protected static string Number(ParseResult parsed, Argument<string> argument)
    {
        string text = parsed.GetValue(argument)!;
        return text.Equals("last", StringComparison.OrdinalIgnoreCase) ? "last"
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 ? number.ToString(CultureInfo.InvariantCulture)
            : throw new UsageException($"{text.Quoted()} is no request; write a number that ggrok requests shows, or last.");
    }

    private async Task<int> RunAsync(
        ParseResult parsed, Func<ParseResult, SettingSources, InspectorClient, CancellationToken, Task<ExitCode>> run, CancellationToken stop)
    {
        var sources = new SettingSources(parsed, _ => null, new Dictionary<string, Setting>());
        int? port = sources.Option(_inspector)?.As(SettingValues.Port);
        try
        {
            using InspectorClient client = await InspectorFinder.FindAsync(port, stop).ConfigureAwait(false);
            return (int)await run(parsed, sources, client, stop).ConfigureAwait(false);
        }
        catch (InspectorException e)
        {
            await output.WarnAsync(e.Message).ConfigureAwait(false);
            return (int)ExitCode.Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (int)ExitCode.Ok;
        }
    }
}
