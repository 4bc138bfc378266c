using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge;

/// <summary>Reads values of several words, such as <c>100/m burst 20 per visitor</c>; commas count as spaces.</summary>
/// <param name="text">The value.</param>
/// <param name="advice">What to write instead, such as <c>write 10/s or 100/m burst 20 per visitor</c>.</param>
internal sealed class PolicyWords(string text, string advice)
{
    private readonly Queue<string> _words = new(text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Whether no word is left.</summary>
    public bool IsAtEnd => _words.Count == 0;

    /// <summary>Takes the next word if it is this one.</summary>
    public bool TryTake(string word)
    {
        if (_words.TryPeek(out string? next) && next.Equals(word, StringComparison.OrdinalIgnoreCase))
        {
            _words.Dequeue();
            return true;
        }

        return false;
    }

    /// <summary>The next word.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public string Next() => _words.TryDequeue(out string? next) ? next : throw Problem($"\"{Printable.Clean(text)}\" ends too early");

    /// <summary>A whole number within bounds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public long Number(string what, long least, long most) => Number(Next(), what, least, most);

    /// <summary>A whole number within bounds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public long Number(string word, string what, long least, long most) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most
            ? number
            : throw Problem(string.Create(CultureInfo.InvariantCulture, $"\"{Printable.Clean(word)}\" is no {what} from {least} to {most}"));

    /// <summary>A duration within bounds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public TimeSpan Duration(TimeSpan least, TimeSpan most) => Duration(Next(), least, most);

    /// <summary>A duration within bounds.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public TimeSpan Duration(string word, TimeSpan least, TimeSpan most) =>
        Durations.TryParse(word, out TimeSpan duration) && duration >= least && duration <= most
            ? duration
            : throw Problem($"\"{Printable.Clean(word)}\" is no duration from {Text(least)} to {Text(most)}");

    /// <summary>Says that nothing more may come.</summary>
    /// <exception cref="FormatException">Something comes.</exception>
    public void End()
    {
        if (_words.TryPeek(out string? next))
        {
            throw Problem($"\"{Printable.Clean(next)}\" is too much or in the wrong place");
        }
    }

    /// <summary>What is wrong, with the advice behind it.</summary>
    public FormatException Problem(string what) => new($"{what}; {advice}");

    private static string Text(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###}ms"),
        >= 86400 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays:0.#}d"),
        >= 3600 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours:0.#}h"),
        >= 60 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.#}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###}s"),
    };
}
