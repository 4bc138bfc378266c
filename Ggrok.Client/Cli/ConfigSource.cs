using System.CommandLine;
using Ggrok.Client.Configuration;

namespace Ggrok.Client.Cli;

/// <summary>Finds the configuration files of a command line.</summary>
/// <param name="option">The option that names one.</param>
/// <param name="environment">Reads environment variables.</param>
/// <param name="workingFolder">The working folder; null for none.</param>
internal sealed class ConfigSource(Option<string?> option, Func<string, string?> environment, string? workingFolder)
{
    /// <summary>The files that count.</summary>
    /// <exception cref="UsageException">The option is empty.</exception>
    public ConfigPlaces Find(ParseResult parsed) => ConfigPlaces.Find(parsed.GetValue(option), environment, workingFolder);
}
