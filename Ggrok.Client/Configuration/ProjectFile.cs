using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Rules;

namespace Ggrok.Client.Configuration;

/// <summary>What holds for the file of a working folder alone.</summary>
internal static class ProjectFile
{
    /// <summary>Refuses files outside the folder: a repository must not use those of the user.</summary>
    /// <exception cref="UsageException">There is one; the message begins with file and line.</exception>
    public static void Check(ConfigDocument project)
    {
        if (Problems(project).FirstOrDefault() is { } problem)
        {
            throw new UsageException(problem);
        }
    }

    /// <summary>Every certificate, key and body outside the folder, with file and line.</summary>
    public static IEnumerable<string> Problems(ConfigDocument project) => KeyProblems(project).Concat(BodyProblems(project));

    private static IEnumerable<string> KeyProblems(ConfigDocument project)
    {
        foreach (string key in (string[])["cert", "key"])
        {
            if (project.Settings.TryGetValue(key, out Setting? setting) && setting.Text.Length > 0 && !IsInside(project.Path, setting.Text))
            {
                yield return $"{setting.Origin}: {setting.Text} is outside the folder, where a working folder's file may not reach; use --{key}, or: ggrok config set {key} FILE";
            }
        }
    }

    /// <summary>Every file outside the folder that a rule answers with, with file and line: visitors would get it.</summary>
    private static IEnumerable<string> BodyProblems(ConfigDocument project) =>
        from rule in project.Rules
        where rule.Settings.ContainsKey(RuleDefinition.BodyFile)
        let file = rule.Settings[RuleDefinition.BodyFile]
        where file.Text.Length > 0 && !IsInside(project.Path, file.Text)
        select $"{file.Origin}: {file.Text} is outside the folder, where a working folder's file may not reach; copy it into the folder";

    /// <summary>A warning if everybody on this machine can change the file; null otherwise, and on Windows.</summary>
    public static string? OthersMayWrite(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        try
        {
            string full = Path.GetFullPath(path);
            string? open = ((string[])[full, Path.GetDirectoryName(full)!]).FirstOrDefault(p => (File.GetUnixFileMode(p) & UnixFileMode.OtherWrite) != 0);
            return open is null ? null
                : $"{path} says what is opened here, and every user of this machine may write to {(open == full ? "it" : "its folder")}; take that right away with: chmod o-w {open}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A link below the folder may lead anywhere, so it counts as outside.
    private static bool IsInside(string projectPath, string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(projectPath))!;
        string relative = Path.GetRelativePath(folder, file);
        string[] parts = relative.Split(Path.DirectorySeparatorChar);
        return !Path.IsPathRooted(relative) && parts[0] != ".."
            && !Enumerable.Range(1, parts.Length).Any(n => new FileInfo(Path.Combine([folder, .. parts[..n]])).LinkTarget is not null);
    }
}
