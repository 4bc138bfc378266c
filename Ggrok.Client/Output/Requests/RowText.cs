using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Output.View;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output.Requests;

/// <summary>Exchanges of a list, a line each, one below the other.</summary>
/// <param name="palette">Colours.</param>
/// <param name="width">Cells of a line; null for as many as there are.</param>
internal sealed class RowText(Palette palette, int? width)
{
    private const int LeastTarget = 12;
    private const int MostTarget = 60;
    private const int NumberCells = 8;
    private const int TimeCells = 8;
    private const int MostNotes = 30;
    private const string Mark = "…";

    private int _number = 3;
    private int _method = 4;
    private int _target = LeastTarget;
    private int _status = 3;
    private int _tunnel;
    private int _notes;

    /// <summary>Makes the columns wide enough for some rows, and keeps them so.</summary>
    public void Measure(IReadOnlyCollection<ExchangeRow> rows)
    {
        foreach (ExchangeRow row in rows)
        {
            _number = Math.Max(_number, NumberOf(row).Length);
            _method = Math.Max(_method, row.Method.Length);
            _status = Math.Max(_status, StatusOf(row).Length);
            _target = Math.Max(_target, Cells.Width(SafeText.Line(row.Target)));
        }

        string[] tunnels = [.. rows.Select(r => r.Tunnel).Distinct()];
        _tunnel = tunnels.Length > 1 || _tunnel > 0 ? Math.Max(_tunnel, tunnels.Append("").Max(t => t.Length)) : 0;
        _notes = Math.Max(_notes, rows.Count == 0 ? 0 : Math.Min(MostNotes, rows.Max(r => Notes(r).Length)));
        int others = new[] { _number, TimeCells, _tunnel, _method, _status, NumberCells, NumberCells, _notes }.Where(c => c > 0).Sum(c => c + 2);
        int most = width is { } all ? all - others : MostTarget;
        _target = Math.Clamp(_target, LeastTarget, Math.Max(LeastTarget, most));
    }

    /// <summary>The line of a row.</summary>
    public string Line(ExchangeRow row)
    {
        string target = SafeText.Line(row.Target);
        string tunnel = _tunnel == 0 ? "" : SafeText.Line(row.Tunnel).PadRight(_tunnel) + "  ";
        string shown = Cells.Pad(width is null ? target : Cells.Cut(target, _target, Mark), _target);
        string status = palette.Status(StatusOf(row).PadRight(_status), row.State == "done" ? row.Status : 200, row.Error is not (null or nameof(RelayError.VisitorGone)));
        string notes = Notes(row) is { Length: > 0 } text ? "  " + palette.Name(text) : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{palette.Strong(NumberOf(row).PadLeft(_number))}  {palette.Quiet($"{row.StartedAt.ToLocalTime():HH:mm:ss}")}  {tunnel}{SafeText.Line(row.Method).PadRight(_method)}  {shown}  {status}  {Readable.Milliseconds(row.DurationMs).PadLeft(NumberCells)}  {palette.Quiet(Readable.Bytes(row.ResponseBytes).PadLeft(NumberCells))}{notes}");
    }

    private static string NumberOf(ExchangeRow row) => row.Number.ToString(CultureInfo.InvariantCulture);

    private static string StatusOf(ExchangeRow row) =>
        row.State == "held" ? "held"
        : row.Error ?? (row.Status > 0 ? row.Status.ToString(CultureInfo.InvariantCulture) : row.State == "active" ? "..." : "gone");

    private static string Notes(ExchangeRow row)
    {
        List<string> notes = [];
        if (row.Kind != "http")
        {
            notes.Add(row.Kind);
        }

        if (row.Webhook is { } webhook)
        {
            notes.Add(SafeText.Line(webhook));
        }

        if (row.Delivery is { } delivery)
        {
            notes.Add(delivery.Attempt is > 1 and { } attempt ? string.Create(CultureInfo.InvariantCulture, $"inbox, attempt {attempt}") : "inbox");
        }

        if (row.ReplayOf is { } original)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"replay of {original}"));
        }
        else if (row.Source == "import")
        {
            notes.Add("imported");
        }

        if (row.Rule is { } rule)
        {
            notes.Add("rule " + SafeText.Line(rule));
        }

        if (row.Edited)
        {
            notes.Add("edited");
        }

        return string.Join(", ", notes);
    }
}
