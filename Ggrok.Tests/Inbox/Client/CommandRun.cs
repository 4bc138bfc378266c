using Ggrok.Client.Cli;
using Ggrok.Tests.Inspector;

namespace Ggrok.Tests.Inbox.Client;

/// <summary>The command line in process, without a tunnel.</summary>
internal static class CommandRun
{
    /// <summary>Runs a command; returns what it said.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="answers">What somebody at a terminal answers; null where there is no terminal.</param>
    /// <param name="variables">Environment variables.</param>
    public static async Task<CommandResult> RunAsync(string[] arguments, string? answers = null, IReadOnlyDictionary<string, string>? variables = null)
    {
        using var bytes = new MemoryStream();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var line = new CommandLine(
            output, error, isTerminal: answers is not null, name => name == "NO_COLOR" ? "1" : variables?.GetValueOrDefault(name),
            (_, _, _) => throw new InvalidOperationException("No tunnel was asked for."), input: new StringReader(answers ?? ""), binary: () => bytes);
        int code = await line.InvokeAsync(arguments, default);
        return new CommandResult(code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"), bytes.ToArray());
    }
}
