using System.CommandLine;

namespace Ggrok.Client.Cli.Inbox;

/// <summary>The switch of commands that ask before something that cannot be undone.</summary>
internal static class YesOption
{
    public static Option<bool> Make() => new("--yes", "-y") { Description = "Do not ask." };
}
