using System.CommandLine;

namespace Ggrok.Client.Cli;

/// <summary>Options with a text as their value, which is checked when it is used.</summary>
internal static class TextOption
{
    public static Option<string?> Make(string name, string? alias, string helpName, string description)
    {
        Option<string?> option = alias is null ? new(name) : new(name, alias);
        option.HelpName = helpName;
        option.Description = description;
        return option;
    }
}
