using Ggrok.Client.Output.Requests;

namespace Ggrok.Client.Cli;

/// <summary>Where commands that ask a running client write.</summary>
/// <param name="Text">What was asked for.</param>
/// <param name="Error">Problems.</param>
/// <param name="Bytes">The same place as <paramref name="Text"/>, for bytes.</param>
/// <param name="Palette">Colours.</param>
/// <param name="IsTerminal">People watch.</param>
/// <param name="Width">Cells of a line; null for as many as there are.</param>
internal sealed record CommandOutput(TextWriter Text, TextWriter Error, Func<Stream> Bytes, Palette Palette, bool IsTerminal, Func<int?> Width)
{
    /// <summary>Writes lines.</summary>
    public async Task LinesAsync(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            await Text.WriteLineAsync(line).ConfigureAwait(false);
        }
    }

    /// <summary>Says what is worth knowing beside the result.</summary>
    public Task WarnAsync(string sentence) => Error.WriteLineAsync("ggrok: " + sentence);
}
