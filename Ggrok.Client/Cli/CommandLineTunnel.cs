using System.CommandLine;
using System.CommandLine.Parsing;
using Ggrok.Shared.Edge;

namespace Ggrok.Client.Cli;

/// <summary>Reads the keys of a <see cref="TunnelDefinition"/> from the command line.</summary>
internal sealed class CommandLineTunnel(ParseResult parsed, Argument<string?> service, SettingSources sources)
{
    /// <summary>What was written under a key: the argument, an option, or a saved default that nothing here replaces.</summary>
    public Setting? Read(string key)
    {
        if (key == "service")
        {
            return parsed.GetValue(service) is { } text ? new Setting(text, "SERVICE") : null;
        }

        Option? option = Find(key);
        return option switch
        {
            null => null,
            Option<bool> => IsGiven(option) ? new Setting("true", option.Name) : null,
            Option<string?> text when key == "subdomain" => sources.Option(text) ?? (IsGiven(Find("host")) ? null : sources.OptionOrSaved(text)),
            Option<string?> text => sources.OptionOrSaved(text),
            _ => null,
        };
    }

    /// <summary>Everything that was written under a key that may be given several times.</summary>
    public IReadOnlyList<Setting> ReadAll(string key)
    {
        if (Find(key) is not Option<string[]> option)
        {
            return [];
        }

        Setting[] values = [.. sources.Options(option)];
        bool standsAlone = PolicyKeys.Find(key)?.Implied is not null && parsed.GetResult(option) is OptionResult { Implicit: false } given && given.IdentifierTokenCount > values.Length;
        return standsAlone ? [.. values, new Setting("true", option.Name)] : values;
    }

    private Option? Find(string key) => parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == "--" + key);

    private bool IsGiven(Option? option) => option is not null && parsed.GetResult(option) is OptionResult { Implicit: false };
}
