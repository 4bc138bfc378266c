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

    /// <summary>Whether bytes of a stranger could steer the terminal.</summary>
    public static bool CouldSteer(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b is < 0x20 and not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks whether something shall be done that cannot be undone.</summary>
    /// <param name="question">What is going to be done; it ends with a question mark.</param>
    /// <param name="answers">Where the answer is read.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    public async Task<bool> ConfirmAsync(string question, TextReader answers, CancellationToken stop)
    {
        if (!IsTerminal)
        {
            throw new UsageException($"{question} Pass --yes to do it where nobody can be asked.");
        }

        await Error.WriteAsync($"{question} [y/N] ").ConfigureAwait(false);
        await Error.FlushAsync(stop).ConfigureAwait(false);

        // A terminal cannot be read asynchronously.
        string? answer = await Task.Run(answers.ReadLine, stop).WaitAsync(stop).ConfigureAwait(false);
        return answer?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>Says what is worth knowing beside the result.</summary>
    public Task WarnAsync(string sentence) => Error.WriteLineAsync("ggrok: " + sentence);
}
