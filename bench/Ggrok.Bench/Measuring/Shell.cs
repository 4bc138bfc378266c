using System.Diagnostics;

namespace Ggrok.Bench.Measuring;

/// <summary>Runs programs.</summary>
internal static class Shell
{
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));

    public static string PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(f => Path.Combine(f, program)).First(File.Exists);

    public static string Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments, redirect: true);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{errors.Result}");
    }

    public static Process Start(string program, IEnumerable<string> arguments, bool redirect, IEnumerable<(string, string)>? environment = null)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = redirect, RedirectStandardError = redirect };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }
}
