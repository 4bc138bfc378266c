namespace Ggrok.Client.Output.Requests;

/// <summary>Colours, when they are wanted.</summary>
internal sealed class Palette(bool colour)
{
    public string Strong(string text) => Paint(text, "1");

    public string Quiet(string text) => Paint(text, "2");

    public string Bad(string text) => Paint(text, "31");

    public string Good(string text) => Paint(text, "32");

    public string Doubtful(string text) => Paint(text, "33");

    public string Name(string text) => Paint(text, "36");

    /// <summary>A text in the colour of a result.</summary>
    /// <param name="text">The text.</param>
    /// <param name="status">Status of a response; 0 without one.</param>
    /// <param name="failed">It failed.</param>
    public string Status(string text, int status, bool failed) =>
        failed || status >= 500 ? Bad(text) : status is 0 or >= 400 ? Doubtful(text) : Good(text);

    private string Paint(string text, string code) => colour && text.Length > 0 ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
