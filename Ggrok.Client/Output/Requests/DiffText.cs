using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;

namespace Ggrok.Client.Output.Requests;

/// <summary>What differs between two responses, as people read it.</summary>
internal sealed class DiffText(Palette palette)
{
    // So many lines that are the same are shown around those that are not.
    private const int Context = 3;

    /// <summary>Its lines.</summary>
    /// <param name="diff">The difference.</param>
    /// <param name="first">Number of the first exchange.</param>
    /// <param name="second">Number of the second one.</param>
    public IEnumerable<string> Lines(DiffDetails diff, long first, long second) =>
    [
        palette.Strong(string.Create(CultureInfo.InvariantCulture, $"Response of {first} and of {second}")),
        diff.Status.First == diff.Status.Second
            ? string.Create(CultureInfo.InvariantCulture, $"Status   {diff.Status.First}")
            : palette.Bad(string.Create(CultureInfo.InvariantCulture, $"Status   {diff.Status.First} -> {diff.Status.Second}")),
        $"Duration {Readable.Milliseconds(diff.DurationMs.First)} -> {Readable.Milliseconds(diff.DurationMs.Second)}",
        .. diff.Headers.SelectMany(Header),
        .. Body(diff),
    ];

    private IEnumerable<string> Header(FieldChange header)
    {
        if (header.Change is "removed" or "changed")
        {
            yield return palette.Bad($"- {SafeText.Line(header.Name)}: {SafeText.Line(header.First ?? "")}");
        }

        if (header.Change is "added" or "changed")
        {
            yield return palette.Good($"+ {SafeText.Line(header.Name)}: {SafeText.Line(header.Second ?? "")}");
        }
    }

    private IEnumerable<string> Body(DiffDetails diff)
    {
        if (diff.BodySame)
        {
            yield return "Body     the same";
            yield break;
        }

        yield return palette.Doubtful("Body     differs");
        (string Change, string Text)[] lines = [.. (diff.Body ?? []).Select(l => (l.Change, SafeText.Line(l.Text)))];
        bool wasShown = true;
        for (int i = 0; i < lines.Length; i++)
        {
            bool isShown = lines[Math.Max(0, i - Context)..Math.Min(lines.Length, i + Context + 1)].Any(l => l.Change != "same");
            if (isShown)
            {
                yield return lines[i].Change switch
                {
                    "removed" => palette.Bad("- " + lines[i].Text),
                    "added" => palette.Good("+ " + lines[i].Text),
                    _ => "  " + lines[i].Text,
                };
            }
            else if (wasShown)
            {
                yield return palette.Quiet("  ...");
            }

            wasShown = isShown;
        }
    }
}
