using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Remote;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok requests clear</c>: the client forgets what it kept.</summary>
internal sealed class ClearCommand(CommandOutput output) : InspectorCommand(output)
{
    public Command Build()
    {
        var command = new Command("clear", "Forget all requests that are over.");
        SetUp(command, ClearAsync);
        return command;
    }

    private async Task<ExitCode> ClearAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        await client.WriteAsync(HttpMethod.Delete, "/api/exchanges", null, stop).ConfigureAwait(false);
        await Output.Text.WriteLineAsync(AsJson(parsed) ? "{}" : "All requests that are over are forgotten.").ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
