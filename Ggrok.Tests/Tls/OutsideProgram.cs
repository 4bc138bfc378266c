using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Tls;

/// <summary>A program that judges from outside, run to its end.</summary>
internal static class OutsideProgram
{
    /// <summary>Its exit code and all that it said.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string command)
    {
        // Through a shell for its standard input: openssl would wait for one.
        await using var program = RunningProgram.Start("/bin/sh", $"-c \"{command.Replace("\"", "\\\"", StringComparison.Ordinal)} < /dev/null\"");
        int code = await program.ExitAsync();
        return (code, program.Output);
    }
}
