namespace Ggrok.Bench.Programs;

/// <summary>What was measured with what, for the head of the report.</summary>
internal static class Versions
{
    /// <summary>The line in which a program says its version; some write it to standard error, wrk as part of its usage.</summary>
    public static async Task<string> OfAsync(string program, string option, CancellationToken stop)
    {
        CommandResult result = await Command.TryAsync(program, [option], stop).ConfigureAwait(false);
        string line = (result.Output + result.Error).Split('\n')[0].Trim();
        string words = line.Replace("nginx version: ", "", StringComparison.Ordinal).Split([" [", " (", ","], StringSplitOptions.None)[0];
        return words.Length == 0 ? Path.GetFileName(program) : words;
    }

    /// <summary>The commit of the working tree, with a word when it has changes.</summary>
    public static async Task<string> OfSourceAsync(string root, CancellationToken stop)
    {
        if (!Installed.Has("git"))
        {
            return "of unknown commit";
        }

        CommandResult commit = await Command.TryAsync("git", ["-C", root, "rev-parse", "--short", "HEAD"], stop).ConfigureAwait(false);
        CommandResult changes = await Command.TryAsync("git", ["-C", root, "status", "--porcelain"], stop).ConfigureAwait(false);
        return commit.ExitCode != 0 ? "of unknown commit" : commit.Output.Trim() + (changes.Output.Length > 0 ? " with changes" : "");
    }
}
