using System.Text.Json;

namespace Ggrok.Bench.Programs;

/// <summary>Finds programs; Debian keeps daemons in <c>/usr/sbin</c>, which is not in every user's path.</summary>
internal static class Installed
{
    public static bool Has(string program) => Find(program) is not null;

    /// <summary>The program's full path; sshd insists on being started by it.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    public static string PathOf(string program) =>
        Find(program) ?? throw new InvalidOperationException($"{program} is not installed.");

    /// <summary>Version of an npm package that is installed in a folder.</summary>
    public static string NpmVersion(string folder, string package)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "node_modules", package, "package.json")));
        return manifest.RootElement.GetProperty("version").GetString() ?? "of unknown version";
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
