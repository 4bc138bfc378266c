using System.Globalization;
using Ggrok.Client.Cli;
using Ggrok.Shared.Yaml;

namespace Ggrok.Client.Configuration;

/// <summary>What one configuration file says; the values are not checked.</summary>
/// <param name="Path">Where the file is.</param>
internal sealed record ConfigDocument(string Path)
{
    /// <summary>Every key that is set, with file and line as its origin.</summary>
    public IReadOnlyDictionary<string, Setting> Settings { get; init; } = new Dictionary<string, Setting>(StringComparer.Ordinal);

    /// <summary>Tunnels, in the order of the file.</summary>
    public IReadOnlyList<TunnelEntry> Tunnels { get; init; } = [];

    /// <summary>Private names to connect to, in the order of the file.</summary>
    public IReadOnlyList<ConnectEntry> Connect { get; init; } = [];

    /// <summary>Rules, in the order of the file.</summary>
    public IReadOnlyList<RuleEntry> Rules { get; init; } = [];

    /// <summary>What is wrong with the file itself, in its order, each with file and line.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Reads a file that is there. Never throws: what is wrong is among the problems.</summary>
    public static ConfigDocument Read(string path)
    {
        try
        {
            return Parse(path, YamlText.Read(path));
        }
        catch (YamlTextException e)
        {
            return new ConfigDocument(path) { Problems = [e.Message] };
        }
    }

    /// <summary>What a text says that is, or shall be, in the file.</summary>
    public static ConfigDocument Parse(string path, string text)
    {
        var problems = new List<string>();
        YamlNode? root = YamlTree.Read(path, text, problems);
        return new ConfigReader(path, problems).Read(root);
    }

    /// <summary>This document, if nothing is wrong with the file.</summary>
    /// <exception cref="UsageException">Something is; the message is the first problem.</exception>
    public ConfigDocument OrThrow() => Problems.Count switch
    {
        0 => this,
        1 => throw new UsageException(Problems[0]),
        _ => throw new UsageException(string.Create(CultureInfo.InvariantCulture,
            $"{Problems[0]} (All {Problems.Count} problems: ggrok config check)")),
    };
}
