using Ggrok.Client.Cli;
using Ggrok.Shared.Yaml;

namespace Ggrok.Client.Configuration;

/// <summary>A configuration file, whether it is there or not.</summary>
/// <param name="path">Where the file is.</param>
/// <param name="namedBy">The option or variable that says so; null for the usual place.</param>
/// <param name="mustExist">Reading it is an error when it is not there.</param>
internal sealed class ConfigFile(string path, string? namedBy = null, bool mustExist = false)
{
    /// <summary>Where the file is, whether it exists or not.</summary>
    public string Path { get; } = path;

    /// <summary>Whether it is there.</summary>
    public bool Exists => File.Exists(Path);

    /// <summary>What the file says; nothing when it is not there. What is wrong with it is among its problems.</summary>
    /// <exception cref="UsageException">It must be there and is not, or it is a folder.</exception>
    public ConfigDocument Load()
    {
        if (Directory.Exists(Path))
        {
            throw new UsageException($"{(namedBy is null ? "" : namedBy + ": ")}{Path} is a folder; name the configuration file in it.");
        }

        if (mustExist && !Exists)
        {
            throw new UsageException($"{namedBy}: There is no file {Path}; create it with: ggrok --config {Path} config set server my.app");
        }

        // Nothing of the YAML library is loaded where there is no file.
        return Exists ? ConfigDocument.Read(Path) : new ConfigDocument(Path);
    }

    /// <summary>What the file says.</summary>
    /// <exception cref="UsageException">The file is not valid; the message names file and line.</exception>
    public ConfigDocument Read() => Load().OrThrow();

    /// <summary>Checks and sets one key; everything else in the file stays as it is.</summary>
    /// <exception cref="UsageException">The key is unknown, the value is not valid or the file cannot be written.</exception>
    public void Set(string key, string value)
    {
        ConfigKey known = ConfigKeys.Get(key);
        string text = new Setting(value, key).As(t =>
        {
            known.Check(t);
            return known.IsFile ? System.IO.Path.GetFullPath(t) : t;
        });
        Write(new ConfigEditor(Path, TextToEdit()).Set(key, text));
    }

    /// <summary>Removes one key; false when it was not set. Everything else in the file stays as it is.</summary>
    /// <exception cref="UsageException">The key is unknown or the file cannot be written.</exception>
    public bool Unset(string key)
    {
        ConfigKeys.Get(key);
        Read();
        if (new ConfigEditor(Path, TextToEdit()).Unset(key) is not { } edited)
        {
            return false;
        }

        Write(edited);
        return true;
    }

    /// <summary>Writes the whole file in one step, readable by its owner only.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public void Write(string text)
    {
        try
        {
            // What a link leads to is replaced, not the link: dotfiles are often kept elsewhere.
            var link = new FileInfo(Path);
            string file = link.LinkTarget is null ? link.FullName : link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            string temporary = $"{file}.{Guid.NewGuid():N}.tmp";
            try
            {
                using (var writer = new StreamWriter(PrivateFile.Create(temporary, FileMode.CreateNew)))
                {
                    writer.Write(text);
                }

                File.Move(temporary, file, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Path} cannot be written: {e.Message}");
        }
    }

    // A file with mistakes is not edited: what a changed line would then mean is anybody's guess.
    private string TextToEdit()
    {
        if (Directory.Exists(Path) || !Exists)
        {
            return Directory.Exists(Path) ? throw new UsageException($"{Path} is a folder; name the configuration file in it.") : "";
        }

        try
        {
            string text = YamlText.Read(Path);
            ConfigDocument.Parse(Path, text).OrThrow();
            return text;
        }
        catch (YamlTextException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
