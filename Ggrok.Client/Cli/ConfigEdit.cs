using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Ggrok.Client.Configuration;

namespace Ggrok.Client.Cli;

/// <summary>Opens a configuration file in the user's editor.</summary>
/// <param name="file">The file; made of a sample when it is not there.</param>
/// <param name="environment">Reads environment variables.</param>
internal sealed class ConfigEdit(ConfigFile file, Func<string, string?> environment)
{
    private static readonly string[] Usual = ["nano", "vi", "notepad"];

    /// <summary>Opens the editor and waits until it ends.</summary>
    /// <exception cref="UsageException">There is no editor, or it failed, or the file cannot be made.</exception>
    public async Task RunAsync()
    {
        (string editor, string origin) = FindEditor();
        if (Directory.Exists(file.Path))
        {
            throw new UsageException($"{file.Path} is a folder; name the configuration file in it.");
        }

        if (!file.Exists)
        {
            file.Write(ConfigSample.Text);
        }

        using Process process = Start(editor, origin);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                $"{origin}: {editor} ended with code {process.ExitCode}; the file is {file.Path}, choose another editor with EDITOR."));
        }
    }

    private (string Editor, string Origin) FindEditor()
    {
        foreach (string variable in (string[])["VISUAL", "EDITOR"])
        {
            if (environment(variable) is { } editor && !string.IsNullOrWhiteSpace(editor))
            {
                return (editor.Trim(), variable);
            }
        }

        string[] folders = (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? usual = Usual.SelectMany(name => folders.Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))).FirstOrDefault(File.Exists);
        return usual is not null ? ($"\"{usual}\"", "PATH")
            : throw new UsageException($"There is no editor; set EDITOR to one, or write {file.Path} by other means.");
    }

    // The variables hold a command line, such as "code --wait".
    private Process Start(string editor, string origin)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd.exe", $"/s /c \"{editor} \"{file.Path}\"\"")
            : new ProcessStartInfo("/bin/sh", ["-c", editor + " \"$1\"", "ggrok", file.Path]);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new UsageException($"{origin}: {editor} cannot be started: {e.Message}");
        }
    }
}
