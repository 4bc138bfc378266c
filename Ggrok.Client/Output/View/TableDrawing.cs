using System.Globalization;
using Ggrok.Shared.Protocol;
using Spectre.Console;

namespace Ggrok.Client.Output.View;

/// <summary>The lower part of the view: the newest requests and connections, a line each.</summary>
internal static class TableDrawing
{
    /// <summary>Widest column of tunnel names.</summary>
    public const int MostNameCells = 16;

    private const int TimeCells = 8;
    private const int NumberCells = 8;
    private const int MostMethodCells = 7;
    private const int StatusCells = 6;
    private const int LeastSubject = 8;
    private const int ShowTimeFrom = 50;
    private const int ShowSizeFrom = 64;
    private const int ShowCaptionFrom = 5;

    /// <summary>Adds so many lines at most.</summary>
    public static void Add(Sheet sheet, ViewSnapshot view, int height)
    {
        if (height <= 0)
        {
            return;
        }

        ViewRow[] rows = [.. view.Rows.Take(height)];
        if (rows.Length == 0)
        {
            sheet.Line(new Part("Nothing has come in yet.", Tones.Quiet));
            return;
        }

        Columns columns = Measure(sheet, view, rows);
        bool hasCaption = height >= ShowCaptionFrom;
        if (hasCaption)
        {
            Line(sheet, columns, Tones.Quiet, "Time", "Tunnel", "Method", "Path", "Status", Tones.Quiet, "Duration", "Size");
        }

        foreach (ViewRow row in rows.Take(height - (hasCaption ? 1 : 0)))
        {
            Row(sheet, columns, row);
        }
    }

    private static Columns Measure(Sheet sheet, ViewSnapshot view, ViewRow[] rows)
    {
        int width = sheet.Width;
        int time = width >= ShowTimeFrom ? TimeCells : 0;
        int size = width >= ShowSizeFrom ? NumberCells : 0;
        int method = Math.Clamp(rows.Max(r => r.Method.Length), "Method".Length, MostMethodCells);
        int tunnel = view.Tunnels.Count + view.Listening.Count > 1
            ? Math.Clamp(rows.Max(r => Cells.Width(r.Tunnel)), "Tunnel".Length, Math.Min(MostNameCells, width / 6))
            : 0;
        int fixedCells = new[] { time, tunnel, method, NumberCells, size }.Where(c => c > 0).Sum(c => c + 2);
        int status = Math.Clamp(rows.Max(r => StatusOf(r, sheet).Length), StatusCells, Math.Max(StatusCells, (width - fixedCells) * 2 / 5));
        return new Columns(time, tunnel, method, Math.Max(LeastSubject, width - fixedCells - status - 2), status, size);
    }

    private static void Row(Sheet sheet, Columns columns, in ViewRow row)
    {
        string method = Printable.Clean(row.Method);
        string subject = Printable.Clean(row.Subject);
        Style look = row.IsHeld ? Tones.Doubtful
            : row.HasFailed || row.Status >= 500 ? Tones.Bad
            : row.Status >= 400 || (row.Status == 0 && !row.IsRaw && !row.IsRunning) ? Tones.Doubtful
            : row.IsRunning ? Tones.Link : Tones.Good;
        Line(sheet, columns, Tones.Plain, row.At.ToString("HH:mm:ss", CultureInfo.InvariantCulture), row.Tunnel, method, subject, StatusOf(row, sheet), look,
            Readable.Duration(row.Duration), Readable.Bytes(row.Bytes));
    }

    private static string StatusOf(in ViewRow row, Sheet sheet) => row.IsHeld ? "held"
        : row.HasFailed ? row.Error.ToString()
        : row.IsRunning && row.Status == 0 ? sheet.Mark
        : row.IsRaw ? "ok"
        : row.Status == 0 ? "gone"
        : row.Status.ToString(CultureInfo.InvariantCulture);

    private static void Line(
        Sheet sheet, Columns columns, Style style, string time, string tunnel, string method, string subject, string status, Style statusStyle, string duration, string size)
    {
        var parts = new List<Part>(7);
        if (columns.Time > 0)
        {
            parts.Add(new Part(Cells.Pad(time, columns.Time), Tones.Quiet));
        }

        if (columns.Tunnel > 0)
        {
            parts.Add(new Part(Cells.Pad(Cells.Cut(tunnel, columns.Tunnel, sheet.Mark), columns.Tunnel), style));
        }

        parts.Add(new Part(Cells.Pad(Cells.Cut(method, columns.Method, sheet.Mark), columns.Method), style));
        parts.Add(new Part(Cells.Pad(Cells.Cut(subject, columns.Subject, sheet.Mark), columns.Subject), style));
        parts.Add(new Part(Cells.Pad(Cells.Cut(status, columns.Status, sheet.Mark), columns.Status), statusStyle));
        parts.Add(new Part(Cells.PadLeft(duration, NumberCells), style));
        if (columns.Size > 0)
        {
            parts.Add(new Part(Cells.PadLeft(size, columns.Size), Tones.Quiet));
        }

        sheet.Line([.. parts]);
    }

    private readonly record struct Columns(int Time, int Tunnel, int Method, int Subject, int Status, int Size);
}
