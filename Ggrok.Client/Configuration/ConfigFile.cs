using Ggrok.Client.Cli;

namespace Ggrok.Client.Configuration;

/// <summary>The user's <c>ggrok.yml</c>: a flat YAML mapping of <see cref="ConfigKeys"/>.</summary>
/// <param name="path">Where the file is.</param>
/// <param name="namedBy">The option or variable that says so; null for the usual place.</param>
/// <param name="mustExist">Reading it is an error when it is not there.</param>
public sealed class ConfigFile(string path, string? namedBy = null, bool mustExist = false)
{
    /// <summary>Where the file is, whether it exists or not.</summary>
    public string Path { get; } = path;

    /// <summary>
    /// The file of <c>--config</c>, of <c>GGROK_CONFIG</c>, or the one in the user's configuration folder
    /// (<c>~/.config/ggrok</c>, <c>~/Library/Application Support/ggrok</c>, <c>%APPDATA%\ggrok</c>).
    /// </summary>
    public static ConfigFile Find(string? option, Func<string, string?> environment)
    {
        if (option is not null)
        {
            return new ConfigFile(new Setting(option, "--config").As(path => path), "--config", mustExist: true);
        }

        // The variable only moves the place where the file would be, so that a first start needs no file.
        string? given = environment("GGROK_CONFIG");
        return string.IsNullOrWhiteSpace(given)
            ? new ConfigFile(System.IO.Path.Combine(Folder(environment), "ggrok.yml"))
            : new ConfigFile(given, "GGROK_CONFIG");
    }

    /// <summary>Every key that is set, with file and line as its origin; the values are not checked.</summary>
    /// <exception cref="UsageException">The file is not valid; the message names file and line.</exception>
    public IReadOnlyDictionary<string, Setting> Read()
    {
        bool missing = mustExist && !File.Exists(Path) && !Directory.Exists(Path);
        return missing
            ? throw new UsageException($"{namedBy}: There is no file {Path}; create it with: ggrok --config {Path} config set server my.app")
            : ReadIfThere();
    }

    /// <summary>Checks and sets one key and writes the file in one step, readable by its owner only.</summary>
    /// <exception cref="UsageException">The key is unknown, the value is not valid or the file cannot be written.</exception>
    public void Set(string key, string value)
    {
        ConfigKey known = ConfigKeys.Get(key);
        string text = new Setting(value, key).As(t =>
        {
            known.Check(t);
            return known.IsFile ? System.IO.Path.GetFullPath(t) : t;
        });
        SortedDictionary<string, string> values = Texts(ReadIfThere());
        values[key] = text;
        Write(values);
    }

    /// <summary>Removes one key; false when it was not set.</summary>
    /// <exception cref="UsageException">The key is unknown or the file cannot be written.</exception>
    public bool Unset(string key)
    {
        ConfigKeys.Get(key);
        SortedDictionary<string, string> values = Texts(Read());
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

    private IReadOnlyDictionary<string, Setting> ReadIfThere()
    {
        if (Directory.Exists(Path))
        {
            throw new UsageException($"{(namedBy is null ? "" : namedBy + ": ")}{Path} is a folder; name the configuration file in it.");
        }

        // Nothing of the YAML library is loaded where there is no file.
        return File.Exists(Path) ? ConfigFileReader.Read(Path) : new Dictionary<string, Setting>(StringComparer.Ordinal);
    }

    private static SortedDictionary<string, string> Texts(IReadOnlyDictionary<string, Setting> settings) =>
        new(settings.ToDictionary(e => e.Key, e => e.Value.Text, StringComparer.Ordinal), StringComparer.Ordinal);

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
