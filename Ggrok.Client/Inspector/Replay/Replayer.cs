using System.Globalization;
using System.Security.Cryptography;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>Sends recorded requests to the local service again, as it got them from visitors.</summary>
internal sealed class Replayer : IAsyncDisposable
{
    private const int MostAtOnce = 8;
    private const string RequestId = "X-Request-ID";

    private readonly IReadOnlyList<LocalTunnel> _tunnels;
    private readonly TimeProvider _time;
    private readonly ReplayRecording _recording;
    private readonly LoopbackTunnel _own;
    private int _running;

    public Replayer(IReadOnlyList<LocalTunnel> tunnels, Recorder recorder, TimeProvider time)
    {
        _tunnels = tunnels;
        _time = time;
        _recording = new ReplayRecording(recorder);
        _own = new LoopbackTunnel(tunnels, _recording, time, _recording);
    }

    /// <summary>Sends a request as often as it is asked for; returns the numbers of the new exchanges when all are over.</summary>
    /// <exception cref="ApiException">It cannot be sent.</exception>
    /// <exception cref="OperationCanceledException">Whoever asked is gone; what ran was broken off.</exception>
    public async Task<IReadOnlyList<long>> ReplayAsync(ExchangeSnapshot exchange, ReplayOrder order, CancellationToken gone)
    {
        RefuseUpgrade(exchange);
        if (!order.ReplacesBody)
        {
            RequireWholeBody(exchange);
        }

        int index = TunnelOf.Exchange(exchange, _tunnels);
        (RequestHead head, ReadOnlyMemory<byte> body) = order.Apply(exchange.Request, exchange.RequestBody.Bytes);
        head.Tunnel = index;
        if (order.Elsewhere(_tunnels[index]) is not { } other)
        {
            return await RepeatAsync(_own, exchange, order, head, body, otherTarget: null, gone).ConfigureAwait(false);
        }

        LocalTunnel[] tunnels = [.. _tunnels];
        tunnels[index] = other;
        await using var elsewhere = new LoopbackTunnel(tunnels, _recording, _time, _recording);
        return await RepeatAsync(elsewhere, exchange, order, head, body, other.Target.GetLeftPart(UriPartial.Authority), gone).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _own.DisposeAsync();

    private async Task<IReadOnlyList<long>> RepeatAsync(
        LoopbackTunnel tunnel, ExchangeSnapshot exchange, ReplayOrder order, RequestHead head, ReadOnlyMemory<byte> body, string? otherTarget, CancellationToken gone)
    {
        int times = order.Times();
        TimeSpan pause = order.Pause();
        var numbers = new List<long>(times);
        try
        {
            if (Interlocked.Increment(ref _running) > MostAtOnce)
            {
                throw new ApiException(StatusCodes.Status429TooManyRequests, "Too many replays are running.", $"At most {MostAtOnce} run at once; wait until one is over, or end one.");
            }

            while (true)
            {
                Rename(head);
                numbers.Add(await SendAsync(tunnel, head, body, exchange.ReplayOf ?? exchange.Number, otherTarget, gone).ConfigureAwait(false));
                if (numbers.Count == times)
                {
                    return numbers;
                }

                await Task.Delay(pause, _time, gone).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    // The id that the server gave stands in a field as well; a service that logs it must be able to tell the requests apart.
    private static void Rename(RequestHead head)
    {
        string before = head.Id;
        head.Id = "replay-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        int field = head.Headers.FindIndex(f => f.Name.Equals(RequestId, StringComparison.OrdinalIgnoreCase) && f.Value == before);
        if (field >= 0)
        {
            head.Headers[field] = head.Headers[field] with { Value = head.Id };
        }
    }

    private async Task<long> SendAsync(LoopbackTunnel tunnel, RequestHead head, ReadOnlyMemory<byte> body, long replayOf, string? otherTarget, CancellationToken gone)
    {
        gone.ThrowIfCancellationRequested();
        ReplayRecording.Expected expected = _recording.Expect(head.Id, replayOf, otherTarget);
        try
        {
            MuxStream stream = tunnel.OpenStream() ?? throw new OperationCanceledException("The client is stopping.");
            await using CancellationTokenRegistration _ = gone.UnsafeRegister(static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);
            if (!await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false) && stream.Error == RelayError.None)
            {
                stream.Reset(RelayError.RequestHeadTooLarge);
                throw new ApiException(StatusCodes.Status400BadRequest, "The request's fields are larger than a tunnel carries.", $"Together with the target they may have {ByteSizes.Format(ProtocolLimits.MaxJsonBytes)}.");
            }

            Task sending = SendBodyAsync(stream, head, body);
            await DrainAsync(stream).ConfigureAwait(false);
            if (!sending.IsCompleted)
            {
                // As the server does it: the response is over, and nobody waits for the rest of the request.
                stream.Reset(RelayError.RequestBodyLocal);
            }

            await sending.ConfigureAwait(false);
            await expected.Ended.WaitAsync(gone).ConfigureAwait(false);
            return expected.Number;
        }
        finally
        {
            _recording.Forget(head.Id);
        }
    }

    private static async Task SendBodyAsync(MuxStream stream, RequestHead head, ReadOnlyMemory<byte> body)
    {
        if (!head.HasBody || await stream.WriteAsync(FrameKind.Data, body).ConfigureAwait(false))
        {
            await stream.WriteEndAsync().ConfigureAwait(false);
        }
    }

    // What comes back is recorded on its way.
    private static async Task DrainAsync(MuxStream stream)
    {
        while ((await stream.ReadAsync().ConfigureAwait(false)).Kind is not (FrameKind.End or FrameKind.Reset))
        {
            stream.Advance();
        }
    }

    private static void RefuseUpgrade(ExchangeSnapshot exchange)
    {
        if (exchange.Request.Upgrade is { } upgrade)
        {
            throw new ApiException(StatusCodes.Status409Conflict, $"A connection upgraded to {Printable.Clean(upgrade)} cannot be replayed.", "Its messages answer each other; open a new one with a client for them.");
        }
    }

    private static void RequireWholeBody(ExchangeSnapshot exchange)
    {
        CapturedBody body = exchange.RequestBody;
        if (body.IsTruncated)
        {
            throw new ApiException(
                StatusCodes.Status409Conflict, $"Only {ByteSizes.Format(body.Bytes.Length)} of the request's body of {ByteSizes.Format(body.Total)} were kept.",
                "Give a body to send, or keep more of the next ones with --inspect-body.");
        }

        string? length = exchange.Request.Headers.ValueOf("Content-Length");
        bool isWhole = !exchange.Request.HasBody
            || (length is not null
                ? length == body.Total.ToString(CultureInfo.InvariantCulture)
                : exchange.Timings.RequestSent is not null || (exchange.State == ExchangeState.Done && exchange.Error == RelayError.None));
        if (!isWhole)
        {
            throw new ApiException(
                StatusCodes.Status409Conflict, exchange.State == ExchangeState.Done ? "The request's body broke off." : "The request's body is still arriving.",
                "Give a body to send.");
        }
    }
}
