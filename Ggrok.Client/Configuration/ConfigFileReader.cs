using Ggrok.Client.Cli;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ggrok.Client.Configuration;

/// <summary>Reads the YAML of <see cref="ConfigFile"/>.</summary>
internal static class ConfigFileReader
{
    /// <summary>Every key that is set, with file and line as its origin.</summary>
    /// <exception cref="UsageException">The file is not valid; the message names file and line.</exception>
    public static Dictionary<string, Setting> Read(string path)
    {
        try
        {
            var yaml = new YamlStream();
            using (var reader = new StreamReader(path))
            {
                yaml.Load(reader);
            }

            return Settings(path, yaml.Documents);
        }
        catch (YamlException e)
        {
            throw new UsageException($"{path}:{e.Start.Line}: This is not valid YAML ({e.Message.TrimEnd('.')}); write one \"key: value\" a line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}");
        }
    }

    private static Dictionary<string, Setting> Settings(string path, IList<YamlDocument> documents)
    {
        var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
        if (documents.Count == 0)
        {
            return settings;
        }

        if (documents.Count > 1 || documents[0].RootNode is not YamlMappingNode mapping)
        {
            throw new UsageException($"{path}:1: The file must be one mapping such as \"server: my.app\".");
        }

        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string name = key.ToString();
            var line = new Setting(name, $"{path}:{key.Start.Line}");
            ConfigKey known = line.As(ConfigKeys.Get);
            settings[name] = value is YamlScalarNode scalar
                ? new Setting(known.IsFile ? FromFolderOf(path, Text(scalar)) : Text(scalar), $"{line.Origin}: {name}")
                : throw new UsageException($"{line.Origin}: {name} must be a single value.");
        }

        return settings;
    }

    private static string FromFolderOf(string path, string file) =>
        string.IsNullOrWhiteSpace(file) ? file : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file.Trim());

    // Without quotes these two words are YAML for nothing.
    private static string Text(YamlScalarNode scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: "~" or "null" } ? "" : scalar.Value ?? "";
}
