using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ggrok.Client.Output.View;

/// <summary>Draws the view: the lines of a picture of a size.</summary>
internal sealed class ViewDrawing : IDisposable
{
    private const int LeastWidthBesideCode = 60;
    private const int LeastRowsBelowCode = 5;
    private const int LowBelow = 16;
    private const int GapToCode = 2;

    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
    private readonly IAnsiConsole _console;
    private readonly bool _unicode;
    private readonly int _codeWidth;

    /// <param name="colour">Colours may be used.</param>
    /// <param name="unicode">More than ASCII may be used.</param>
    /// <param name="codeWidth">Cells of a QR code's line.</param>
    public ViewDrawing(bool colour, bool unicode, int codeWidth = 0)
    {
        _unicode = unicode;
        _codeWidth = codeWidth;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_text),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
    }

    /// <summary>At most <paramref name="height"/> lines, each of <paramref name="width"/> cells.</summary>
    public string[] Draw(ViewSnapshot view, int width, int height)
    {
        Sheet sheet = Compose(view, width, height);
        _console.Profile.Width = width;
        _console.Profile.Height = height;
        _text.GetStringBuilder().Clear();
        _console.Write(new Picture(sheet.Take(height, width)));
        return _text.ToString().Split('\n');
    }

    /// <inheritdoc/>
    public void Dispose() => _text.Dispose();

    private Sheet Compose(ViewSnapshot view, int width, int height)
    {
        if (view.Code.Count == 0)
        {
            return WithTable(new Sheet(width, _unicode), view, height);
        }

        if (width >= _codeWidth + GapToCode + LeastWidthBesideCode)
        {
            int column = width - _codeWidth;
            Sheet narrower = WithTable(new Sheet(column - GapToCode, _unicode), view, height);
            Put(narrower, view.Code, 0, column);
            return narrower;
        }

        return BelowHeader(view, width, height);
    }

    private Sheet BelowHeader(ViewSnapshot view, int width, int height)
    {
        var sheet = new Sheet(width, _unicode);
        HeaderDrawing.Add(sheet, view, height);
        if (width >= _codeWidth && sheet.Count + view.Code.Count + LeastRowsBelowCode <= height)
        {
            Put(sheet, view.Code, sheet.Count, 0);
            TableDrawing.Add(sheet, view, height - sheet.Count);
            return sheet;
        }

        // Then it is code or rows: the code for as long as there is nothing else to see.
        var brief = new Sheet(width, _unicode);
        HeaderDrawing.Add(brief, view, height, isBrief: true);
        if (view.Rows.Count == 0 && width >= _codeWidth && brief.Count + view.Code.Count <= height)
        {
            Put(brief, view.Code, brief.Count, 0);
            return brief;
        }

        if (view.Rows.Count == 0)
        {
            string needs = string.Create(CultureInfo.InvariantCulture, $"The QR code needs a window of {_codeWidth} columns and {brief.Count + view.Code.Count} rows.");
            view = view with { Notices = [.. view.Notices, needs] };
        }

        return WithTable(new Sheet(width, _unicode), view, height);
    }

    private static Sheet WithTable(Sheet sheet, ViewSnapshot view, int height)
    {
        HeaderDrawing.Add(sheet, view, height);
        if (height >= LowBelow)
        {
            sheet.Blank();
        }

        TableDrawing.Add(sheet, view, height - sheet.Count);
        return sheet;
    }

    private void Put(Sheet sheet, IReadOnlyList<string> code, int line, int column)
    {
        for (int i = 0; i < code.Count; i++)
        {
            sheet.Beside(line + i, column, code[i], _codeWidth);
        }
    }

    private sealed class Picture(IEnumerable<IEnumerable<Segment>> lines) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            bool isFirst = true;
            foreach (IEnumerable<Segment> line in lines)
            {
                if (!isFirst)
                {
                    yield return Segment.LineBreak;
                }

                isFirst = false;
                foreach (Segment segment in line)
                {
                    yield return segment;
                }
            }
        }
    }
}
