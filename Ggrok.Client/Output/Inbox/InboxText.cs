using System.Globalization;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output.Requests;
using Ggrok.Client.Output.View;

namespace Ggrok.Client.Output.Inbox;

/// <summary>What is in inboxes, as people read it.</summary>
/// <param name="palette">Colours.</param>
/// <param name="width">Cells of a line; null for as many as there are.</param>
internal sealed class InboxText(Palette palette, int? width)
{
    private const int LeastTarget = 12;
    private const int MostTarget = 60;
    private const int StateCells = 7;
    private const int SizeCells = 8;
    private const int TimeCells = 14;
    private const string Mark = "…";

    /// <summary>Stored requests, a line each, one below the other.</summary>
    public IEnumerable<string> Lines(IReadOnlyList<InboxItem> items)
    {
        bool several = items.Select(i => i.Tunnel).Distinct(StringComparer.Ordinal).Take(2).Count() > 1;
        int tunnel = several ? items.Max(i => i.Tunnel.Length) : 0;
        int method = items.Count == 0 ? 0 : items.Max(i => i.Method.Length);
        int others = new[] { InboxId.Length, TimeCells, tunnel, method, StateCells, SizeCells, 0 }.Sum(c => c + 2);
        int longest = items.Count == 0 ? 0 : items.Max(i => Cells.Width(SafeText.Line(i.Target)));
        int target = Math.Clamp(longest, LeastTarget, Math.Max(LeastTarget, width is { } all ? all - others : MostTarget));
        return items.Select(i =>
        {
            string name = several ? SafeText.Line(i.Tunnel).PadRight(tunnel) + "  " : "";
            string shown = SafeText.Line(i.Target);
            string cut = Cells.Pad(width is null ? shown : Cells.Cut(shown, target, Mark), target);
            string notes = string.Join(", ", Notes(i));
            return string.Create(CultureInfo.InvariantCulture,
                $"{palette.Strong(SafeText.Line(i.Id))}  {palette.Quiet($"{i.Received.ToLocalTime():MM-dd HH:mm:ss}")}  {name}{SafeText.Line(i.Method).PadRight(method)}  {cut}  {State(SafeText.Line(i.State).PadRight(StateCells))}  {palette.Quiet(Readable.Bytes(i.Bytes).PadLeft(SizeCells))}{(notes.Length == 0 ? "" : "  " + notes)}");
        });
    }

    /// <summary>What it is, where it came from, and how its delivery goes.</summary>
    public IEnumerable<string> Summary(InboxItem item)
    {
        yield return Line("Id", palette.Strong(SafeText.Line(item.Id)));
        yield return Line("Tunnel", SafeText.Line(item.Tunnel));
        yield return Line("Received", string.Create(CultureInfo.InvariantCulture, $"{item.Received.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff}") + (item.Remote is { } remote ? " from " + SafeText.Line(remote) : ""));
        if (item.Provider is { } provider)
        {
            yield return Line("Webhook", SafeText.Line(provider) + (item.ProviderId is { } id ? ", delivery " + SafeText.Line(id) : ""));
        }

        yield return Line("State", State(SafeText.Line(item.State)) + string.Concat(Failures(item).Select(f => ", " + f)));
    }

    /// <summary>Inboxes, a line each.</summary>
    public IEnumerable<string> Lines(IReadOnlyList<InboxTunnel> inboxes)
    {
        int name = inboxes.Count == 0 ? 0 : inboxes.Max(t => t.Tunnel.Length);
        return inboxes.Select(t => $"{palette.Strong(SafeText.Line(t.Tunnel).PadRight(name))}  {string.Join(", ", Contents(t))}; {Presence(t)}");
    }

    private IEnumerable<string> Contents(InboxTunnel inbox)
    {
        if (inbox.Waiting + inbox.Dead == 0)
        {
            yield return "empty";
            yield break;
        }

        yield return $"{Readable.Count(inbox.Waiting)} waiting";
        if (inbox.Dead > 0)
        {
            yield return palette.Bad($"{Readable.Count(inbox.Dead)} dead");
        }

        yield return Readable.Bytes(inbox.Bytes) + (inbox.MaxBytes > 0 ? " of " + Readable.Bytes(inbox.MaxBytes) : "");
        if (inbox.Oldest is { } oldest)
        {
            yield return "since " + Moment(oldest);
        }
    }

    private static string Presence(InboxTunnel inbox) => !inbox.Away ? "connected"
        : inbox.Until is { } until ? "away, name kept until " + Moment(until) : "away";

    private static IEnumerable<string> Notes(InboxItem item) =>
        (item.Provider is { } provider ? [SafeText.Line(provider)] : Array.Empty<string>()).Concat(Failures(item));

    private static IEnumerable<string> Failures(InboxItem item)
    {
        if (item.Attempts > 0)
        {
            yield return $"failed {(item.Attempts == 1 ? "once" : $"{Readable.Count(item.Attempts)} times")}{(item.LastFailure is { } why ? ": " + SafeText.Line(why) : "")}";
        }

        if (item is { State: InboxItem.Waiting, NextAttempt: { } next })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"next attempt {next.ToLocalTime():HH:mm:ss}");
        }
    }

    private string State(string state) => state.StartsWith(InboxItem.Dead, StringComparison.Ordinal) ? palette.Bad(state) : palette.Doubtful(state);

    private static string Moment(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Line(string label, string text) => $"{label,-9}{text}";
}
