namespace Ggrok.Client.Cli;

/// <summary>A value that somebody wrote, not yet checked.</summary>
/// <param name="Text">What was written.</param>
/// <param name="Origin">Where: an option, an environment variable, or file, line and key.</param>
public sealed record Setting(string Text, string Origin)
{
    /// <summary>The checked value.</summary>
    /// <param name="parse">Checks the text, surrounding white space removed; see <see cref="SettingValues"/>.</param>
    /// <exception cref="UsageException">The value is not valid; the message begins with the origin.</exception>
    public T As<T>(Func<string, T> parse)
    {
        string text = Text.Trim();
        if (text.Length == 0)
        {
            throw new UsageException($"{Origin} is empty; give it a value or leave it out.");
        }

        try
        {
            return parse(text);
        }
        catch (UsageException e)
        {
            throw new UsageException($"{Origin}: {e.Message}");
        }
    }
}
