using System.Globalization;
using System.Text.Json;

namespace Ggrok.Client.Output.Requests;

/// <summary>What differs between two responses, as people read it.</summary>
internal sealed class DiffText(Palette palette)
{
    // So many lines that are the same are shown around those that are not.
    private const int Context = 3;

    /// <summary>Its lines.</summary>
    /// <param name="diff">The schema Diff of openapi.json.</param>
    /// <param name="first">Number of the first exchange.</param>
    /// <param name="second">Number of the second one.</param>
    public IEnumerable<string> Lines(JsonElement diff, long first, long second)
    {
        yield return palette.Strong(string.Create(CultureInfo.InvariantCulture, $"Response of {first} and of {second}"));
        JsonElement status = diff.GetProperty("status");
        yield return Status(status.GetProperty("first").GetInt32(), status.GetProperty("second").GetInt32());
        JsonElement duration = diff.GetProperty("durationMs");
        yield return $"Duration {Readable.Milliseconds(duration.GetProperty("first").GetDouble())} -> {Readable.Milliseconds(duration.GetProperty("second").GetDouble())}";
        foreach (JsonElement header in diff.GetProperty("headers").EnumerateArray())
        {
            foreach (string line in Header(header))
            {
                yield return line;
            }
        }

        foreach (string line in Body(diff))
        {
            yield return line;
        }
    }

    private static string Text(JsonElement element, string name) => SafeText.Line(element.GetProperty(name).GetString() ?? "");

    private string Status(int first, int second) => first == second
        ? string.Create(CultureInfo.InvariantCulture, $"Status   {first}")
        : palette.Bad(string.Create(CultureInfo.InvariantCulture, $"Status   {first} -> {second}"));

    private IEnumerable<string> Header(JsonElement header)
    {
        string name = Text(header, "name");
        string change = header.GetProperty("change").GetString()!;
        if (change is "removed" or "changed")
        {
            yield return palette.Bad($"- {name}: {Text(header, "first")}");
        }

        if (change is "added" or "changed")
        {
            yield return palette.Good($"+ {name}: {Text(header, "second")}");
        }
    }

    private IEnumerable<string> Body(JsonElement diff)
    {
        if (diff.GetProperty("bodySame").GetBoolean())
        {
            yield return "Body     the same";
            yield break;
        }

        yield return palette.Doubtful("Body     differs");
        if (!diff.TryGetProperty("body", out JsonElement body) || body.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        (string Change, string Text)[] lines = [.. body.EnumerateArray().Select(l => (l.GetProperty("change").GetString()!, Text(l, "text")))];
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
