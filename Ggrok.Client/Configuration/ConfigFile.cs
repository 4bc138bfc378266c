using System.Runtime.InteropServices;
using Ggrok.Client.Cli;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ggrok.Client.Configuration;

/// <summary>The user's <c>ggrok.yml</c>: a flat YAML mapping of <see cref="ConfigKeys"/>.</summary>
public sealed class ConfigFile(string path)
{
    /// <summary>Where the file is, whether it exists or not.</summary>
    public string Path { get; } = path;

    /// <summary>
    /// The file of <c>--config</c>, of <c>GGROK_CONFIG</c>, or the one in the user's configuration folder
    /// (<c>~/.config/ggrok</c>, <c>~/Library/Application Support/ggrok</c>, <c>%APPDATA%\ggrok</c>).
    /// </summary>
    public static ConfigFile Find(string? option, Func<string, string?> environment)
    {
        string? given = option ?? environment("GGROK_CONFIG");
        return new ConfigFile(string.IsNullOrEmpty(given) ? System.IO.Path.Combine(Folder(environment), "ggrok.yml") : given);
    }

    /// <summary>Every key that is set; empty without a file.</summary>
    /// <exception cref="UsageException">The file is not valid; the message names file and line.</exception>
    public IReadOnlyDictionary<string, string> Read()
    {
        // Nothing of the YAML library is loaded where there is no file.
        return File.Exists(Path) ? Parse() : new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>Sets one key and writes the file in one step, readable by its owner only.</summary>
    /// <exception cref="UsageException">The key is unknown or the file cannot be written.</exception>
    public void Set(string key, string value)
    {
        RequireKnown(key, where: null);
        var values = new SortedDictionary<string, string>(Read().ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal) { [key] = value };
        Write(values);
    }

    /// <summary>Removes one key; false when it was not set.</summary>
    /// <exception cref="UsageException">The key is unknown or the file cannot be written.</exception>
    public bool Unset(string key)
    {
        RequireKnown(key, where: null);
        var values = new SortedDictionary<string, string>(Read().ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        bool removed = values.Remove(key);
        if (removed)
        {
            Write(values);
        }

        return removed;
    }

    private static string Folder(Func<string, string?> environment)
    {
        if (environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg)
        {
            return System.IO.Path.Combine(xdg, "ggrok");
        }

        // ApplicationData is ~/.config on Linux, ~/Library/Application Support on macOS and %APPDATA% on Windows.
        string data = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return System.IO.Path.Combine(data, "ggrok");
    }

    private Dictionary<string, string> Parse()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var yaml = new YamlStream();
            using (var reader = new StreamReader(Path))
            {
                yaml.Load(reader);
            }

            if (yaml.Documents.Count == 0)
            {
                return values;
            }

            if (yaml.Documents.Count > 1 || yaml.Documents[0].RootNode is not YamlMappingNode mapping)
            {
                throw new UsageException($"{Path}:1: the file must be one mapping such as \"server: my.app\".");
            }

            foreach ((YamlNode key, YamlNode value) in mapping.Children)
            {
                string name = key.ToString();
                string where = $"{Path}:{key.Start.Line}";
                RequireKnown(name, where);
                values[name] = value is YamlScalarNode { Value: { } text }
                    ? text
                    : throw new UsageException($"{where}: {name} must be a single value.");
            }
        }
        catch (YamlException e)
        {
            throw new UsageException($"{Path}:{e.Start.Line}: this is not valid YAML: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Path} cannot be read: {e.Message}");
        }

        return values;
    }

    private static void RequireKnown(string key, string? where)
    {
        if (!ConfigKeys.All.ContainsKey(key))
        {
            string place = where is null ? "" : where + ": ";
            throw new UsageException($"{place}there is no setting \"{key}\"; did you mean {ConfigKeys.Nearest(key)}?");
        }
    }

    private void Write(SortedDictionary<string, string> values)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
            string temporary = $"{Path}.{Environment.ProcessId}.tmp";
            using (var writer = new StreamWriter(PrivateFile.Create(temporary)))
            {
                new YamlDotNet.Serialization.Serializer().Serialize(writer, values);
            }

            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Path} cannot be written: {e.Message}");
        }
    }
}

/// <summary>Files that hold secrets.</summary>
internal static class PrivateFile
{
    /// <summary>Creates or replaces a file that only its owner can read; on Windows the user's folder sees to that.</summary>
    public static FileStream Create(string path, FileMode mode = FileMode.Create)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
