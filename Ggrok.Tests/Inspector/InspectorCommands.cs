using Ggrok.Client.Cli;

namespace Ggrok.Tests.Inspector;

/// <summary>Runs commands that ask a running client, as somebody beside it would.</summary>
internal sealed class InspectorCommands(InspectorScene scene)
{
    /// <summary>Runs a command with the inspector's port; returns what it said.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var bytes = new MemoryStream();
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await Make(output, error, bytes).InvokeAsync([.. arguments, "--inspector", $"{scene.Address.Port}"], default);
        return new CommandResult(code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"), bytes.ToArray());
    }

    /// <summary>Runs a command until it is stopped.</summary>
    public Task<int> StartAsync(TextWriter output, CancellationToken stop, params string[] arguments) =>
        Make(output, TextWriter.Null, Stream.Null).InvokeAsync([.. arguments, "--inspector", $"{scene.Address.Port}"], stop);

    private static CommandLine Make(TextWriter output, TextWriter error, Stream bytes) =>
        new(output, error, isTerminal: false, _ => null, (_, _, _) => throw new InvalidOperationException("No tunnel was asked for."), binary: () => bytes);
}

/// <summary>What a command said.</summary>
internal sealed record CommandResult(int Code, string Output, string Error, byte[] Bytes)
{
    public string[] Lines => Output.TrimEnd('\n').Split('\n');

    /// <summary>The command must have worked.</summary>
    public CommandResult Fine()
    {
        Code.ShouldBe(0, Error);
        return this;
    }
}
