using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Spectre.Console;

namespace Ggrok.Client.Output.View;

/// <summary>The upper part of the view: session, addresses, counts, notices.</summary>
internal static class HeaderDrawing
{
    private const int LabelCells = 12;
    private const int NarrowBelow = 60;
    private const int LowBelow = 20;
    private const int LinesOfReason = 3;
    private const int LinesOfNotice = 2;
    private const int NarrowIndent = 2;

    /// <summary>Adds it.</summary>
    /// <param name="sheet">Where.</param>
    /// <param name="view">What.</param>
    /// <param name="height">Lines of the terminal.</param>
    /// <param name="isBrief">Only what cannot be left out.</param>
    public static void Add(Sheet sheet, ViewSnapshot view, int height, bool isBrief = false)
    {
        if (!isBrief)
        {
            Title(sheet, view);
        }

        Labelled(sheet, "Session", Session(sheet, view), LinesOfReason);
        if (view is { Look: SessionLook.Lost, Reason: { } reason })
        {
            Labelled(sheet, "Reason", [.. Words(Printable.CleanMessage(reason), Tones.Doubtful)], LinesOfReason);
        }

        Addresses(sheet, view, Math.Max(1, (height - 10) / 2));
        if (view.Inspector is { } inspector)
        {
            Part[] address = [new(inspector, Tones.Link)];
            Labelled(sheet, "Inspector", sheet.Width < NarrowBelow ? [new("inspector", Tones.Plain), .. address] : address);
        }

        Labelled(sheet, "Traffic", Traffic(view));
        foreach (string notice in view.Notices.TakeLast(height < LowBelow ? 1 : 2))
        {
            Labelled(sheet, "Notice", [.. Words(Printable.CleanMessage(notice), Tones.Doubtful)], LinesOfNotice);
        }
    }

    private static void Title(Sheet sheet, ViewSnapshot view)
    {
        string hint = view.HasKeyboard ? "q or Ctrl-C stops" : "Ctrl-C stops";
        int gap = sheet.Width - "ggrok".Length - 1 - view.Version.Length - hint.Length;
        if (gap > 1)
        {
            sheet.Line(new Part("ggrok", Tones.Strong), new Part(view.Version, Tones.Quiet, 1), new Part(hint, Tones.Quiet, gap));
        }
        else
        {
            sheet.Line(new Part("ggrok", Tones.Strong), new Part(view.Version, Tones.Quiet, 1));
        }

        if (sheet.Width >= NarrowBelow)
        {
            sheet.Blank();
        }
    }

    private static List<Part> Session(Sheet sheet, ViewSnapshot view)
    {
        var server = new Part(view.Server, Tones.Plain);
        if (view.Look == SessionLook.Lost)
        {
            string when = view.RetryIn > TimeSpan.Zero
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"offline, trying again in {Math.Ceiling(view.RetryIn.TotalSeconds):0} s")
                : "offline, trying again";
            return [new(sheet.Dot, Tones.Bad), new(when, Tones.Bad, 1), server];
        }

        if (view.Look == SessionLook.Interrupted)
        {
            return [new(sheet.Dot, Tones.Doubtful), new("interrupted, what runs waits", Tones.Doubtful, 1), server];
        }

        if (view.Look == SessionLook.Stopping)
        {
            string what = view.Figures.Open == 0 ? "stopping" : $"stopping: {Readable.Count(view.Figures.Open)} running may finish, Ctrl-C again ends at once";
            return [new(sheet.Dot, Tones.Doubtful), .. Words(what, Tones.Doubtful)];
        }

        if (view.Look == SessionLook.Connecting)
        {
            return [new(sheet.Dot, Tones.Doubtful), new("connecting", Tones.Doubtful, 1), server];
        }

        List<Part> parts = [new(sheet.Dot, Tones.Good), new("online", Tones.Good, 1), server];
        if (view.RoundTrip > TimeSpan.Zero)
        {
            parts.Add(new("latency " + Readable.Duration(view.RoundTrip), Tones.Plain));
        }

        if (view.Connections is { Wanted: > 1 } connections)
        {
            parts.Add(new(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{connections.Open} of {connections.Wanted} connections"),
                connections.Open < connections.Wanted ? Tones.Doubtful : Tones.Plain));
        }

        return parts;
    }

    private static void Addresses(Sheet sheet, ViewSnapshot view, int most)
    {
        bool named = view.Tunnels.Count > 1;
        int nameCells = named ? Math.Min(view.Tunnels.Max(t => t.Name.Length), TableDrawing.MostNameCells) : 0;
        foreach (PublicTunnel tunnel in view.Tunnels.Take(most))
        {
            var url = new Part(Printable.Clean(tunnel.Url.AbsoluteUri.TrimEnd('/')), Tones.Address, MayBreak: true);
            var target = new Part($"{sheet.Arrow} {tunnel.Target.GetLeftPart(UriPartial.Authority)}", Tones.Plain, 1);
            string name = Cells.Pad(Cells.Cut(tunnel.Name, nameCells, sheet.Mark), nameCells);
            Part[] remark = tunnel.Remark is { } text ? [.. Words(Printable.Clean(text), Tones.Quiet)] : [];
            Labelled(sheet, "Forwarding", named ? [new(name, Tones.Plain), url, target, .. remark] : [url, target, .. remark]);
        }

        if (view.Tunnels.Count > most)
        {
            Labelled(sheet, "", [new($"and {view.Tunnels.Count - most} more", Tones.Quiet)]);
        }

        foreach ((string name, string address) in view.Listening.Take(most))
        {
            Labelled(sheet, "Listening", [new(address, Tones.Address), new($"{sheet.Arrow} {Printable.Clean(name)}", Tones.Plain, 1)]);
        }

        if (view.Listening.Count > most)
        {
            Labelled(sheet, "", [new($"and {view.Listening.Count - most} more", Tones.Quiet)]);
        }
    }

    private static List<Part> Traffic(ViewSnapshot view)
    {
        ViewFigures figures = view.Figures;
        var parts = new List<Part>();
        if (figures.Connections == 0 || figures.Requests > 0)
        {
            parts.Add(new Part(Readable.Count(figures.Requests, "request"), Tones.Plain));
        }

        if (figures.Connections > 0)
        {
            parts.Add(new Part(Readable.Count(figures.Connections, "connection"), Tones.Plain));
        }

        parts.Add(new Part(Readable.PerSecond(figures.PerSecond), Tones.Plain));
        parts.Add(new Part(Readable.Count(figures.Errors, "error"), figures.Errors > 0 ? Tones.Bad : Tones.Plain));
        parts.Add(new Part($"{Readable.Count(figures.Open)} open", Tones.Plain));
        if (figures is { P50Ms: { } p50, P95Ms: { } p95 })
        {
            parts.Add(new Part("p50 " + Readable.Milliseconds(p50), Tones.Plain));
            parts.Add(new Part("p95 " + Readable.Milliseconds(p95), Tones.Plain));
        }

        return parts;
    }

    private static IEnumerable<Part> Words(string text, Style style) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => new Part(w, style, 1, MayBreak: true));

    private static void Labelled(Sheet sheet, string label, IReadOnlyList<Part> parts, int most = int.MaxValue)
    {
        bool narrow = sheet.Width < NarrowBelow;
        sheet.Flow(narrow ? "" : Cells.Pad(label, LabelCells), narrow ? NarrowIndent : LabelCells, parts, most);
    }
}
