using System.CommandLine;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox</c>: what the server keeps of webhooks that came while the local service was away.</summary>
/// <param name="run">Reads the settings.</param>
/// <param name="output">Where results go.</param>
/// <param name="input">Where answers to questions come from.</param>
internal sealed class InboxCommand(ClientRun run, CommandOutput output, TextReader input)
{
    public Command Build() => new("inbox", "Look at webhooks that the server keeps, deliver, drop or fetch them.")
    {
        new InboxListCommand(run, output).Build(),
        new InboxShowCommand(run, output).Build(),
        new InboxDeliverCommand(run, output).Build(),
        new InboxDropCommand(run, output, input).Build(),
        new InboxTunnelsCommand(run, output).Build(),
        new InboxCloseCommand(run, output, input).Build(),
        new InboxPullCommand(run, output).Build(),
        new InboxPushCommand(output).Build(),
    };
}
