using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ggrok.Client.Cli;

/// <summary>Where settings come from; the first of option, environment and file that says something wins.</summary>
internal sealed class SettingSources(ParseResult parsed, Func<string, string?> environment, IReadOnlyDictionary<string, Setting> saved)
{
    /// <summary>What was written on the command line alone.</summary>
    public Setting? Option(Option<string?> option) =>
        parsed.GetResult(option) is OptionResult { Implicit: false } ? new Setting(parsed.GetValue(option) ?? "", option.Name) : null;

    /// <summary>Each value of an option that may be given several times.</summary>
    public IEnumerable<Setting> Options(Option<string[]> option) => (parsed.GetValue(option) ?? []).Select(value => new Setting(value, option.Name));

    /// <summary>What the file says under an option's name.</summary>
    public Setting? Saved(Option option) => saved.GetValueOrDefault(option.Name.TrimStart('-'));

    /// <summary>Whether a switch was written on the command line.</summary>
    public bool IsOn(Option<bool> option) => parsed.GetValue(option);

    /// <summary>An option, else what the file says under the option's name.</summary>
    public Setting? OptionOrSaved(Option<string?> option) => Option(option) ?? saved.GetValueOrDefault(option.Name.TrimStart('-'));

    /// <summary>An option, else the environment variable, else what the file says under the option's name.</summary>
    public Setting? Find(Option<string?> option, string variable) => Option(option) ?? Variable(variable) ?? OptionOrSaved(option);

    /// <summary>An environment variable, else what the file says under a key.</summary>
    public Setting? VariableOrSaved(string variable, string key) => Variable(variable) ?? saved.GetValueOrDefault(key);

    /// <summary>Whether it comes from the file.</summary>
    public bool IsSaved(Setting setting) => saved.Values.Contains(setting, ReferenceEqualityComparer.Instance);

    // By convention an empty variable is one that is not set.
    private Setting? Variable(string name) =>
        environment(name) is { } text && !string.IsNullOrWhiteSpace(text) ? new Setting(text, name) : null;
}
