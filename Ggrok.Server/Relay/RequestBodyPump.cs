using System.Buffers;
using System.IO.Pipelines;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Relay;

/// <summary>Carries the visitor's request body into the stream, then its trailers and End.</summary>
internal sealed class RequestBodyPump(
    HttpContext context, MuxStream stream, ExchangeRecord record, ResponseDeadline deadline, bool beginsDeadline, KeptBody? kept)
{
    private Task? _running;
    private volatile bool _stopped;

    /// <summary>The time for the response head.</summary>
    public ResponseDeadline Deadline => deadline;

    /// <summary>Starts reading; a visitor that waits for 100 Continue (RFC 9110 section 10.1.1) gets it from Kestrel now.</summary>
    public void Start() => _running ??= RunAsync();

    /// <summary>Ends the pump, which may wait for the visitor or for credit; the response is over already.</summary>
    public async ValueTask StopAsync()
    {
        if (_running is null || _running.IsCompleted)
        {
            return;
        }

        _stopped = true;
        stream.Reset(RelayError.RequestBodyLocal);
        context.Request.BodyReader.CancelPendingRead();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        PipeReader body = context.Request.BodyReader;
        try
        {
            if (kept is { IsEmpty: false } && !await SendAsync(kept.Bytes).ConfigureAwait(false))
            {
                return;
            }

            while (kept is not { IsWhole: true })
            {
                ReadResult read = await body.ReadAsync().ConfigureAwait(false);
                kept?.Add(read.Buffer, read.IsCompleted);
                bool sent = !_stopped && await SendAsync(read.Buffer).ConfigureAwait(false);
                body.AdvanceTo(read.Buffer.End);

                // The pump of a try before may have left a cancellation that found no read.
                if (!sent || (read.IsCanceled && _stopped))
                {
                    return;
                }

                if (read.IsCompleted)
                {
                    break;
                }
            }

            await EndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (RequestBodyFailure.Is(e))
        {
            stream.Reset(RequestBodyFailure.Of(e, context));
        }
    }

    private async ValueTask<bool> SendAsync(ReadOnlySequence<byte> buffer)
    {
        Pace? pace = record.Edge?.Pacing?.FromVisitor;
        foreach (ReadOnlyMemory<byte> segment in buffer)
        {
            if (pace is not null)
            {
                if (!await SendPacedAsync(segment, pace).ConfigureAwait(false))
                {
                    return false;
                }

                continue;
            }

            if (!await stream.WriteAsync(FrameKind.Data, segment).ConfigureAwait(false))
            {
                return false;
            }

            record.RequestBytes += segment.Length;
        }

        return true;
    }

    private async ValueTask<bool> SendPacedAsync(ReadOnlyMemory<byte> segment, Pace pace)
    {
        for (ReadOnlyMemory<byte> rest = segment; !rest.IsEmpty;)
        {
            ReadOnlyMemory<byte> piece = rest[..Math.Min(rest.Length, Pace.PieceBytes)];
            await pace.WaitAsync(piece.Length, stream).ConfigureAwait(false);
            if (_stopped || !await stream.WriteAsync(FrameKind.Data, piece).ConfigureAwait(false))
            {
                return false;
            }

            record.RequestBytes += piece.Length;
            rest = rest[piece.Length..];
        }

        return true;
    }

    private async ValueTask EndAsync()
    {
        if (context.Request.SupportsTrailers() && context.Request.CheckTrailersAvailable())
        {
            List<HeaderField> trailers = TrailersOf(context.Request);
            if (trailers.Count > 0 && !await HeadSender.WriteTrailersAsync(stream, trailers).ConfigureAwait(false))
            {
                stream.Reset(RelayError.RequestHeadTooLarge);
                return;
            }
        }

        if (await stream.WriteEndAsync().ConfigureAwait(false) && beginsDeadline)
        {
            deadline.Begin();
        }
    }

    private static List<HeaderField> TrailersOf(HttpRequest request)
    {
        var trailers = new List<HeaderField>();
        IHeaderDictionary fields = request.HttpContext.Features.GetRequiredFeature<IHttpRequestTrailersFeature>().Trailers;
        foreach ((string name, StringValues values) in fields)
        {
            if (OwnFields.Has(name))
            {
                continue;
            }

            trailers.AddRange(values.Select(value => new HeaderField(name, value ?? "")));
        }

        return trailers;
    }
}
