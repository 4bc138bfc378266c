using System.Diagnostics;

namespace Ggrok.Bench.Programs;

/// <summary>What a program said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Programs that run to their end.</summary>
internal static class Command
{
    /// <summary>Runs it and returns its standard output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(string program, string[] arguments, CancellationToken stop, string? folder = null)
    {
        CommandResult result = await TryAsync(program, arguments, stop, folder).ConfigureAwait(false);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {Tail.Of(result.Output + result.Error)}");
    }

    /// <summary>Runs it whatever its exit code; it and its children are killed when <paramref name="stop"/> fires.</summary>
    public static async Task<CommandResult> TryAsync(string program, string[] arguments, CancellationToken stop, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "",
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new CommandResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }
}

/// <summary>The end of a text, which is where programs say why they stopped.</summary>
internal static class Tail
{
    private const int Characters = 1200;

    public static string Of(string text)
    {
        text = text.Trim();
        return text.Length <= Characters ? text : "…" + text[^Characters..];
    }
}
