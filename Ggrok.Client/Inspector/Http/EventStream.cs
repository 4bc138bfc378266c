using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>
/// Tells pages what happens, as server-sent events. Each stream looks at the recorder some times a second; the relay knows
/// nothing of it, and what comes too fast is counted and not sent.
/// </summary>
internal sealed class EventStream(InspectorState state) : IEndpoints
{
    private const int MostAtOnce = 200;
    private const int LooksInASecond = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1) / LooksInASecond;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/events", SendAsync);

    private async Task SendAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        using var clock = new PeriodicTimer(Pause, state.Time);
        var seen = new Seen { Changes = state.Recorder.Changes, Clears = state.Recorder.Clears, Session = -1, Rules = -1 };
        CancellationToken gone = context.RequestAborted;
        for (long look = 0; ; look++)
        {
            await ExchangesAsync(context, seen, refresh: look % LooksInASecond == 0).ConfigureAwait(false);
            if (look % LooksInASecond == 0 || seen.Session != state.Session.View.Version)
            {
                seen.Session = state.Session.View.Version;
                await WriteAsync(context, "status", state.Status(), InspectorJson.Relaxed.StatusDetails).ConfigureAwait(false);
            }

            if (look % LooksInASecond == 0)
            {
                await RulesAsync(context, seen).ConfigureAwait(false);
                await WriteAsync(context, "stats", state.Stats(1)[0], InspectorJson.Relaxed.StatsPoint).ConfigureAwait(false);
            }

            await context.Response.Body.FlushAsync(gone).ConfigureAwait(false);
            await clock.WaitForNextTickAsync(gone).ConfigureAwait(false);
        }
    }

    private async Task RulesAsync(HttpContext context, Seen seen)
    {
        if (state.Rules.Stamp is var stamp && stamp != seen.Rules)
        {
            seen.Rules = stamp;
            await WriteAsync(context, "rules", RuleEndpoints.Shown(state.Rules), InspectorJson.Relaxed.IReadOnlyListRuleDetails).ConfigureAwait(false);
        }
    }

    private async Task ExchangesAsync(HttpContext context, Seen seen, bool refresh)
    {
        Recorder recorder = state.Recorder;
        if (recorder.Clears != seen.Clears)
        {
            seen.Clears = recorder.Clears;
            await WriteTextAsync(context, "cleared", "{}"u8.ToArray()).ConfigureAwait(false);
        }

        // Before looking: what changes meanwhile is seen again next time, rather than never.
        long since = seen.Changes;
        seen.Changes = recorder.Changes;
        List<ExchangeSnapshot> changed = seen.Changes == since ? [] : recorder.Summaries(since, MostAtOnce, out seen.LeftOut);
        if (refresh)
        {
            changed.AddRange(recorder.LongRunning(MostAtOnce).Where(e => changed.TrueForAll(c => c.Number != e.Number)));
        }

        if (changed.Count > 0)
        {
            DateTimeOffset now = state.Time.GetUtcNow();
            changed.Sort((a, b) => a.Number.CompareTo(b.Number));
            ExchangeRow[] rows = [.. changed.Select(e => ExchangeRows.Of(e, now))];
            await WriteAsync(context, "exchanges", rows, InspectorJson.Relaxed.IReadOnlyListExchangeRow).ConfigureAwait(false);
        }

        if (seen.LeftOut > 0)
        {
            await WriteAsync(context, "skipped", new SkippedDetails(seen.LeftOut), InspectorJson.Relaxed.SkippedDetails).ConfigureAwait(false);
            seen.LeftOut = 0;
        }
    }

    private static Task WriteAsync<T>(HttpContext context, string name, T value, JsonTypeInfo<T> type) =>
        WriteTextAsync(context, name, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static async Task WriteTextAsync(HttpContext context, string name, byte[] json)
    {
        // JSON on one line has no line breaks of its own.
        byte[] message = [.. System.Text.Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. json, .. "\n\n"u8];
        await context.Response.Body.WriteAsync(message, context.RequestAborted).ConfigureAwait(false);
    }

    private sealed class Seen
    {
        public long Changes;
        public long Clears;
        public long Session;
        public long Rules;
        public int LeftOut;
    }
}
