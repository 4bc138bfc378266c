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

    /// <param name="colour">Colours may be used.</param>
    /// <param name="unicode">More than ASCII may be used.</param>
    public ViewDrawing(bool colour, bool unicode)
    {
        _unicode = unicode;
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
        if (view.Code is not { } code)
        {
            return WithTable(new Sheet(width, _unicode), view, height);
        }

        int column = width - code.Width;
        if (column < GapToCode + LeastWidthBesideCode)
        {
            return BelowHeader(view, code, width, height);
        }

        Sheet beside = WithTable(new Sheet(column - GapToCode, _unicode), view, height);
        Put(beside, code, 0, column);
        return beside;
    }

    private Sheet BelowHeader(ViewSnapshot view, CodePicture code, int width, int height)
    {
        var sheet = new Sheet(width, _unicode);
        HeaderDrawing.Add(sheet, view, height);
        if (width >= code.Width && sheet.Count + code.Lines.Count + LeastRowsBelowCode <= height)
        {
            Put(sheet, code, sheet.Count, 0);
            TableDrawing.Add(sheet, view, height - sheet.Count);
            return sheet;
        }

        if (view.Rows.Count > 0)
        {
            return WithTable(new Sheet(width, _unicode), view, height);
        }

        // Code or rows: the code for as long as there is nothing else to see.
        var brief = new Sheet(width, _unicode);
        HeaderDrawing.Add(brief, view, height, isBrief: true);
        int rows = brief.Count + code.Lines.Count;
        if (width >= code.Width && rows <= height)
        {
            Put(brief, code, brief.Count, 0);
            return brief;
        }

        string needs = string.Create(CultureInfo.InvariantCulture, $"The QR code needs a window of {code.Width} columns and {rows} rows.");
        return WithTable(new Sheet(width, _unicode), view with { Notices = [.. view.Notices, needs] }, height);
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

    private static void Put(Sheet sheet, CodePicture code, int line, int column)
    {
        foreach (string text in code.Lines)
        {
            sheet.Beside(line++, column, text, code.Width);
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
