using Ggrok.Client.Cli;

namespace Ggrok.Client.Configuration;

/// <summary>Where the files are that count for one command.</summary>
/// <param name="Project">The file of the working folder, whether it is there or not; null when none counts.</param>
/// <param name="User">The user's file, or the one that was named in its place.</param>
internal sealed record ConfigPlaces(ConfigFile? Project, ConfigFile User)
{
    private const string Name = "ggrok.yml";
    private const string OtherName = "ggrok.yaml";

    /// <summary>
    /// The file of <c>--config</c> alone, else the one of <c>GGROK_CONFIG</c> alone, else that of the working folder and the
    /// one in the user's configuration folder (<c>~/.config/ggrok</c>, <c>~/Library/Application Support/ggrok</c>,
    /// <c>%APPDATA%\ggrok</c>).
    /// </summary>
    /// <param name="option">Value of <c>--config</c>.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <param name="workingFolder">The working folder; null for none.</param>
    /// <exception cref="UsageException">The option is empty.</exception>
    public static ConfigPlaces Find(string? option, Func<string, string?> environment, string? workingFolder)
    {
        if (option is not null)
        {
            return new(null, new ConfigFile(new Setting(option, "--config").As(path => path), "--config", mustExist: true));
        }

        // The variable only moves the place where the file would be, so that a first start needs no file.
        if (environment("GGROK_CONFIG") is { } given && !string.IsNullOrWhiteSpace(given))
        {
            return new(null, new ConfigFile(given, "GGROK_CONFIG"));
        }

        string user = Path.Combine(UserFolder(environment), Name);
        string? project = workingFolder is null ? null : InFolder(workingFolder);
        bool same = project is not null && Path.GetFullPath(project) == Path.GetFullPath(user);
        return new(project is null || same ? null : new ConfigFile(project), new ConfigFile(user));
    }

    private static string InFolder(string folder)
    {
        string usual = Path.Combine(folder, Name);
        string other = Path.Combine(folder, OtherName);
        return File.Exists(usual) || !File.Exists(other) ? usual : other;
    }

    private static string UserFolder(Func<string, string?> environment)
    {
        if (environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg)
        {
            return Path.Combine(xdg, "ggrok");
        }

        // ApplicationData is ~/.config on Linux, ~/Library/Application Support on macOS and %APPDATA% on Windows.
        string data = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(data, "ggrok");
    }
}
