using System.Text;
using Spectre.Console.Rendering;

namespace Ggrok.Client.Output.View;

/// <summary>Texts by the cells that they take in a terminal: letters of some scripts take two.</summary>
internal static class Cells
{
    /// <summary>How many cells a text takes.</summary>
    public static int Width(string text) => Ascii.IsValid(text) ? text.Length : new Segment(text).CellCount();

    /// <summary>A text in at most so many cells; what is cut off is replaced by a mark.</summary>
    public static string Cut(string text, int width, string mark)
    {
        if (Width(text) <= width)
        {
            return text;
        }

        return width <= mark.Length ? Begin(mark, width) : Begin(text, width - mark.Length) + mark;
    }

    /// <summary>Fills up to so many cells, behind the text.</summary>
    public static string Pad(string text, int width) => text + Space(width - Width(text));

    /// <summary>Fills up to so many cells, before the text.</summary>
    public static string PadLeft(string text, int width) => Space(width - Width(text)) + text;

    /// <summary>So many spaces; none for a negative number.</summary>
    public static string Space(int width) => width <= 0 ? "" : new string(' ', width);

    /// <summary>Pieces of at most so many cells.</summary>
    public static IEnumerable<string> Pieces(string text, int width)
    {
        while (text.Length > 0)
        {
            string piece = Begin(text, width);
            piece = piece.Length > 0 ? piece : text[..1];
            yield return piece;
            text = text[piece.Length..];
        }
    }

    private static string Begin(string text, int width)
    {
        int cells = 0;
        for (int i = 0; i < text.Length; i++)
        {
            cells += char.IsAscii(text[i]) ? 1 : new Segment(text[i].ToString()).CellCount();
            if (cells > width)
            {
                return text[..i];
            }
        }

        return text;
    }
}
