using System.CommandLine;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;

namespace Ggrok.Client.Cli.Inbox;

/// <summary>Which stored requests a command is about: some by their ids, or all.</summary>
internal sealed class InboxSelection
{
    private readonly Argument<string[]> _ids = new("id") { Arity = ArgumentArity.ZeroOrMore, Description = "Ids of webhooks, as ggrok inbox list shows them, or their beginnings." };
    private readonly Option<bool> _all = new("--all") { Description = "All that are stored." };
    private readonly Option<bool> _dead = new("--dead") { Description = "With --all: dead letters only." };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_ids);
        command.Options.Add(_all);
        command.Options.Add(_dead);
    }

    /// <summary>The ids that were written; empty for all.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="hasTunnel">One tunnel was named.</param>
    /// <exception cref="UsageException">Neither ids nor all, or both.</exception>
    public string[] Ids(ParseResult parsed, bool hasTunnel)
    {
        string[] ids = parsed.GetValue(_ids) ?? [];
        bool all = parsed.GetValue(_all);
        return all && ids.Length > 0 ? throw new UsageException("Give ids or --all, not both.")
            : !all && ids.Length == 0 ? throw new UsageException("Which webhooks? Give their ids, which ggrok inbox list shows, or --all.")
            : !all && (parsed.GetValue(_dead) || hasTunnel) ? throw new UsageException("--dead and --tunnel go with --all; an id says which webhook is meant.")
            : ids;
    }

    /// <summary>What all means.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="tunnel">Public name of a tunnel, or null.</param>
    public InboxChoice Choice(ParseResult parsed, string? tunnel) => new(parsed.GetValue(_dead) ? InboxItem.Dead : InboxChoice.All, tunnel);
}
