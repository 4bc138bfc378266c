using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ggrok.Client.Output.View;

/// <summary>A piece of a line.</summary>
/// <param name="Text">What it says, fit for a terminal.</param>
/// <param name="Style">How it looks.</param>
/// <param name="Gap">Cells between it and the one before.</param>
/// <param name="MayBreak">It goes on in the next line rather than being cut.</param>
internal readonly record struct Part(string Text, Style Style, int Gap = 2, bool MayBreak = false);

/// <summary>Lines of styled text, of a width, one below the other.</summary>
internal sealed class Sheet(int width, bool unicode)
{
    private readonly List<List<Segment>> _lines = [];
    private readonly Dictionary<int, int> _raw = [];

    /// <summary>Cells of a line.</summary>
    public int Width => width;

    /// <summary>Lines so far.</summary>
    public int Count => _lines.Count;

    /// <summary>What stands for what was cut off.</summary>
    public string Mark { get; } = unicode ? "…" : "..";

    /// <summary>One that stands for what is running.</summary>
    public string Dot { get; } = unicode ? "●" : "*";

    /// <summary>Points from a URL to what is behind it.</summary>
    public string Arrow { get; } = unicode ? "→" : "->";

    /// <summary>Adds an empty line.</summary>
    public void Blank() => _lines.Add([]);

    /// <summary>Adds one line; what is too long is cut.</summary>
    public void Line(params ReadOnlySpan<Part> parts)
    {
        var line = new List<Segment>(parts.Length);
        int x = 0;
        foreach (Part part in parts)
        {
            int gap = x == 0 ? 0 : part.Gap;
            string text = Cells.Cut(part.Text, Math.Max(0, width - x - gap), Mark);
            Append(line, text, part.Style, Math.Min(gap, width - x));
            x += gap + Cells.Width(text);
        }

        _lines.Add(line);
    }

    /// <summary>Adds parts one after the other, in as many lines as they need but not more than <paramref name="most"/>.</summary>
    public void Flow(string label, int indent, IReadOnlyList<Part> parts, int most = int.MaxValue)
    {
        var line = new List<Segment>();
        int first = _lines.Count;
        int x = 0;
        if (label.Length > 0)
        {
            Append(line, Cells.Pad(label, indent), Style.Plain, 0);
            x = indent;
        }

        int start = x;
        foreach (Part part in parts.SelectMany(p => Broken(p, width - indent)))
        {
            int gap = x == start ? 0 : part.Gap;
            if (x > start && x + gap + Cells.Width(part.Text) > width)
            {
                if (_lines.Count - first == most - 1)
                {
                    Segment last = line[^1];
                    line[^1] = new Segment(Cells.Cut(last.Text + Mark, width - (x - last.CellCount()), Mark), last.Style);
                    break;
                }

                _lines.Add(line);
                line = [];
                Append(line, "", Style.Plain, indent);
                x = start = indent;
                gap = 0;
            }

            string text = Cells.Cut(part.Text, width - x - gap, Mark);
            Append(line, text, part.Style, gap);
            x += gap + Cells.Width(text);
        }

        _lines.Add(line);
    }

    /// <summary>Puts raw text of so many cells behind a line, in a column; lines are added as needed.</summary>
    public void Beside(int line, int column, string raw, int rawCells)
    {
        while (_lines.Count <= line)
        {
            Blank();
        }

        Append(_lines[line], "", Style.Plain, column - CellsOf(line));
        _lines[line].Add(Segment.Control(raw));
        _raw[line] = rawCells;
    }

    /// <summary>The lines, at most so many, filled up to a width: written over others they leave nothing of them.</summary>
    public IEnumerable<IEnumerable<Segment>> Take(int height, int fullWidth) => Enumerable.Range(0, Math.Min(height, _lines.Count))
        .Select(i => _lines[i].Append(new Segment(Cells.Space(fullWidth - CellsOf(i)))));

    private int CellsOf(int line) => _lines[line].Sum(s => s.CellCount()) + _raw.GetValueOrDefault(line);

    private static IEnumerable<Part> Broken(Part part, int width) => part.MayBreak && Cells.Width(part.Text) > width
        ? Cells.Pieces(part.Text, width).Select((p, i) => part with { Text = p, Gap = i == 0 ? part.Gap : 0 })
        : [part];

    private static void Append(List<Segment> line, string text, Style style, int gap)
    {
        if (gap > 0)
        {
            line.Add(new Segment(Cells.Space(gap)));
        }

        if (text.Length > 0)
        {
            line.Add(new Segment(text, style));
        }
    }
}
