using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tls;

/// <summary>A program that judges from outside, run to its end.</summary>
internal static class OutsideProgram
{
    /// <summary>Its exit code and all that it said.</summary>
    /// <param name="command">The command, for a shell.</param>
    /// <param name="input">File that is its standard input.</param>
    public static async Task<(int Code, string Output)> RunAsync(string command, string input = "/dev/null")
    {
        await using var program = RunningProgram.Start("/bin/sh", $"-c \"{command.Replace("\"", "\\\"", StringComparison.Ordinal)} < {input}\"");
        int code = await program.ExitAsync();
        return (code, program.Output);
    }
}
