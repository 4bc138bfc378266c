using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Output;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Inbox;

/// <summary>Says what waits in the inboxes of a client's tunnels when they are open again.</summary>
internal static class InboxNotice
{
    private const string Policy = "inbox";

    /// <summary>Asks the server, if a tunnel has an inbox, and tells. Never throws: whoever wants to know more asks with <c>ggrok inbox</c>.</summary>
    public static async Task TellAsync(TunnelClientOptions options, IReadOnlyList<Uri> urls, IClientEvents events, TimeProvider time, CancellationToken stop)
    {
        if (!options.Tunnels.Any(t => t.Policies.Any(p => p.Name == Policy)))
        {
            return;
        }

        try
        {
            using var client = new InboxClient(options);
            InboxTunnel[] own = [.. (await client.TunnelsAsync(stop).ConfigureAwait(false)).Where(t => urls.Any(u => InboxNames.IsOf(t, u)))];
            foreach (string sentence in Sentences(own, time))
            {
                events.Notice(sentence);
            }
        }
        catch (Exception e) when (e is ServerApiException or PemException or OperationCanceledException)
        {
            // The session itself is told of.
        }
    }

    private static IEnumerable<string> Sentences(InboxTunnel[] inboxes, TimeProvider time)
    {
        int waiting = inboxes.Sum(t => t.Waiting);
        int dead = inboxes.Sum(t => t.Dead);
        if (waiting > 0)
        {
            // The oldest one may be a dead letter where there are some.
            string since = dead == 0 && inboxes.Min(t => t.Oldest) is { } oldest ? " since " + Moment(oldest, time) : "";
            yield return $"{Readable.Count(waiting, "webhook")} {(waiting == 1 ? "waits" : "wait")} in the inbox{since}; {(waiting == 1 ? "it is" : "they are")} delivered now.";
        }

        if (dead > 0)
        {
            yield return $"{Readable.Count(dead, "dead letter")} {(dead == 1 ? "is" : "are")} in the inbox; see ggrok inbox list --state dead";
        }
    }

    private static string Moment(DateTimeOffset at, TimeProvider time)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(at, time.LocalTimeZone);
        bool isToday = local.Date == time.GetLocalNow().Date;
        return local.ToString(isToday ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }
}
