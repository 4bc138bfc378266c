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
        long[] numbers = Numbers(context.Request.Query["numbers"].ToString());
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
    private long[] Numbers(string list)
    {
        if (list.Length == 0)
        {
            return [.. state.Recorder.Summaries(0, int.MaxValue, out _).Where(e => e.State == ExchangeState.Done).Select(e => e.Number).Reverse()];
        }

        return [.. list.Split(',', StringSplitOptions.TrimEntries).Select(text =>
            !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? throw new ApiException(StatusCodes.Status400BadRequest, "numbers must be numbers of exchanges, separated by commas.")
                : state.Recorder.Find(number) is null ? throw ApiException.NoExchange(text)
                : number).Distinct().Order()];
    }
}
