using System.Text;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output.View;

/// <summary>What stays on the terminal besides the view: the addresses before it, and the totals after it.</summary>
internal sealed class Farewell(ViewState state, bool colour)
{
    private const int MostNotices = 5;

    private readonly Lock _lock = new();
    private string _told = "";

    /// <summary>A line for each address; nothing for those that were told before.</summary>
    public string Addresses()
    {
        ViewSnapshot view = state.Snapshot(0);
        var text = new StringBuilder();
        int nameCells = view.Tunnels.Count > 1 ? view.Tunnels.Max(t => t.Name.Length) + 2 : 0;
        foreach (PublicTunnel tunnel in view.Tunnels)
        {
            string name = nameCells == 0 ? "" : tunnel.Name.PadRight(nameCells);
            string url = Printable.Clean(tunnel.Url.AbsoluteUri.TrimEnd('/'));
            text.Append($"Forwarding  {name}{Paint(url, "1;36")} -> {tunnel.Target.GetLeftPart(UriPartial.Authority)}\r\n");
        }

        foreach ((string name, string address) in view.Listening)
        {
            text.Append($"Listening   {Paint(address, "1;36")} -> {Printable.Clean(name)}\r\n");
        }

        if (view.Inspector is { } inspector && text.Length > 0)
        {
            text.Append($"Inspector   {Cells(nameCells)}{Paint(inspector, "36")}\r\n");
        }

        string all = text.ToString();
        lock (_lock)
        {
            string news = all == _told ? "" : all;
            _told = all;
            return news;
        }
    }

    /// <summary>What the view leaves behind.</summary>
    public string Text()
    {
        ViewSnapshot view = state.Snapshot(0);
        ViewFigures figures = view.Figures;
        var text = new StringBuilder(Addresses());
        foreach (string notice in view.Notices.TakeLast(MostNotices))
        {
            text.Append($"{Paint(Printable.CleanMessage(notice), "33")}\r\n");
        }

        if (view.Tunnels.Count + view.Listening.Count == 0)
        {
            return text.ToString();
        }

        List<string> counts = [];
        if (figures.Connections == 0 || figures.Requests > 0)
        {
            counts.Add(Readable.Count(figures.Requests, "request"));
        }

        if (figures.Connections > 0)
        {
            counts.Add(Readable.Count(figures.Connections, "connection"));
        }

        counts.Add(Readable.Count(figures.Errors, "error"));
        text.Append($"Stopped after {Readable.Duration(state.Age)}: {string.Join(", ", counts)}.\r\n");
        return text.ToString();
    }

    private static string Cells(int count) => new(' ', count);

    private string Paint(string text, string code) => colour ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
