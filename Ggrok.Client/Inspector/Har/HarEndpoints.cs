using System.Buffers;
using System.Globalization;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Har;

/// <summary>Gives exchanges away as a HAR, and takes those of one.</summary>
internal sealed class HarEndpoints(InspectorState state, Redaction redaction) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/har", ExportAsync);
        routes.MapPost("/api/har", ImportAsync);
    }

    private async Task ExportAsync(HttpContext context)
    {
        long[] numbers = Numbers(context.Request);
        bool withSecrets = context.Request.SwitchOf("secrets");
        HttpResponse response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"ggrok-{state.Time.GetLocalNow():yyyyMMdd-HHmmss}.har\"");
        await response.Body.WriteAsync(HarWriter.Begin, context.RequestAborted).ConfigureAwait(false);
        var entry = new ArrayBufferWriter<byte>(64 * 1024);
        bool isFirst = true;
        foreach (ExchangeSnapshot exchange in numbers.Select(state.Recorder.Find).OfType<ExchangeSnapshot>())
        {
            // One after another: together they may be larger than what is kept.
            entry.ResetWrittenCount();
            entry.Write(isFirst ? ""u8 : ",\n"u8);
            isFirst = false;
            HarWriter.Write(entry, withSecrets ? exchange : redaction.Apply(exchange));
            await response.Body.WriteAsync(entry.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }

        await response.Body.WriteAsync(HarWriter.End, context.RequestAborted).ConfigureAwait(false);
    }

    private async Task ImportAsync(HttpContext context)
    {
        byte[] file = await context.ReadBytesAsync().ConfigureAwait(false);
        List<ExchangeSnapshot> exchanges = new HarReader(state.Recorder.Options).Read(file);
        DateTimeOffset now = state.Time.GetUtcNow();
        ExchangeRow[] rows = [.. exchanges.Select(e => ExchangeRows.Of(e with { Number = state.Recorder.Add(e) }, now))];
        await context.JsonAsync(rows, InspectorJson.Relaxed.IReadOnlyListExchangeRow).ConfigureAwait(false);
    }

    // Oldest first, as in every HAR.
    private long[] Numbers(HttpRequest request)
    {
        NumberRange[] wanted = [.. request.Query["numbers"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(NumberRange.Parse)];
        var filter = new ExchangeFilter(request);
        DateTimeOffset now = state.Time.GetUtcNow();
        long[] kept =
        [
            .. state.Recorder.Summaries(0, int.MaxValue, out _)
                .Where(e => (e.State == ExchangeState.Done || wanted.Length > 0) && (wanted.Length == 0 || Array.Exists(wanted, w => w.Has(e.Number))) && filter.Matches(ExchangeRows.Of(e, now)))
                .Select(e => e.Number).Order(),
        ];
        return Array.Find(wanted, w => w.IsOne && !kept.Contains(w.First)) is { First: > 0 } missing && state.Recorder.Find(missing.First) is null
            ? throw ApiException.NoExchange(missing.First.ToString(CultureInfo.InvariantCulture))
            : kept;
    }
}
