using System.Runtime.CompilerServices;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Local.Http1;

/// <summary>Reads the local service's response and sends it into the tunnel as it arrives.</summary>
internal sealed class ResponseReader(LocalConnection connection, MuxStream stream, int maxHeadBytes, TimeProvider time, RecordingExchange? recording)
{
    // What curl waits as well: some services never send 100 Continue and just wait for the body.
    private static readonly TimeSpan ContinueAfter = TimeSpan.FromSeconds(1);

    /// <summary>Body bytes read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Something of the response has arrived: the service has seen the request.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>The connection cannot carry another request.</summary>
    public bool ClosesConnection { get; private set; } = true;

    /// <summary>
    /// The next head that is not an interim one; those are passed on (RFC 9110 section 15.2).
    /// </summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="LocalResponseException">What arrived is no response head, or the service closed before it was complete.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ResponseHead> ReadHeadAsync(bool expectsContinue)
    {
        while (true)
        {
            ResponseHead head = connection.Head;
            head.Clear();
            if (!ResponseHeadParser.TryParse(connection.Buffered.Span, head, out bool isHttp10, out int length))
            {
                await FillHeadAsync(expectsContinue).ConfigureAwait(false);
                expectsContinue &= !HasStarted;
                continue;
            }

            ReadOnlyMemory<byte> bytes = connection.Buffered[..length];
            connection.Consume(length);
            if (head.Status is >= 100 and < 200 and not 101)
            {
                expectsContinue = false;
                await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false);
                continue;
            }

            recording?.Responding(bytes.Span, MessageStreams.Of(head) != MessageStream.None);

            // After 101 the connection speaks something else, to its end.
            ClosesConnection = head.Status == 101 || HopByHop.ClosesConnection(head, isHttp10);
            connection.KeepAliveSeconds = HopByHop.KeepAliveSeconds(head);
            return head;
        }
    }

    /// <summary>Sends head, body, trailers and End. False when the stream is over.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="LocalResponseException">The body's framing is broken, or it ended early.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> RelayAsync(ResponseHead head, BodyFraming framing)
    {
        HopByHop.RemoveFrom(head);
        bool whole = framing.Kind == BodyKind.None
            || (framing.Kind == BodyKind.Length && framing.Length <= connection.Buffered.Length && framing.Length <= ProtocolLimits.MaxDataBytes);
        if (whole)
        {
            return await RelayWholeAsync(head, (int)framing.Length).ConfigureAwait(false);
        }

        if (!await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false))
        {
            return stream.Error != RelayError.None ? false : throw new LocalResponseException(RelayError.ResponseHeadInvalid);
        }

        bool sent = framing.Kind switch
        {
            BodyKind.Length => await RelayLengthAsync(framing.Length).ConfigureAwait(false),
            BodyKind.Chunked => await RelayChunkedAsync().ConfigureAwait(false),
            _ => await RelayUntilCloseAsync().ConfigureAwait(false),
        };
        return sent && await stream.WriteEndAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> RelayWholeAsync(ResponseHead head, int length)
    {
        recording?.ResponseData(connection.Buffered.Span[..length]);
        bool sent = await HeadSender.WriteWholeAsync(stream, head, connection.Buffered[..length]).ConfigureAwait(false);
        if (!sent && stream.Error == RelayError.None)
        {
            throw new LocalResponseException(RelayError.ResponseHeadInvalid);
        }

        connection.Consume(length);
        Bytes += length;
        return sent;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> RelayLengthAsync(long left)
    {
        while (left > 0)
        {
            await FillBodyAsync().ConfigureAwait(false);
            ReadOnlyMemory<byte> data = connection.Buffered;
            data = data[..(int)Math.Min(data.Length, left)];
            if (!await SendAsync(data).ConfigureAwait(false))
            {
                return false;
            }

            connection.Consume(data.Length);
            left -= data.Length;
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> RelayChunkedAsync()
    {
        var chunks = new ChunkedReader();
        while (!chunks.IsDone)
        {
            if (!chunks.TryStep(connection.Buffered, out int consumed, out ReadOnlyMemory<byte> data))
            {
                await FillMoreAsync(RelayError.ResponseBodyLocal).ConfigureAwait(false);
                continue;
            }

            if (!data.IsEmpty && !await SendAsync(data).ConfigureAwait(false))
            {
                return false;
            }

            connection.Consume(consumed);
        }

        if (chunks.Trailers is not null)
        {
            recording?.ResponseTrailers(chunks.Trailers);
        }

        return chunks.Trailers is null || await HeadSender.WriteTrailersAsync(stream, chunks.Trailers).ConfigureAwait(false);
    }

    private async ValueTask<bool> RelayUntilCloseAsync()
    {
        ClosesConnection = true;
        while (!connection.Buffered.IsEmpty || await connection.FillAsync(CancellationToken.None).ConfigureAwait(false) > 0)
        {
            ReadOnlyMemory<byte> data = connection.Buffered;
            if (!await SendAsync(data).ConfigureAwait(false))
            {
                return false;
            }

            connection.Consume(data.Length);
        }

        return true;
    }

    private ValueTask<bool> SendAsync(ReadOnlyMemory<byte> data)
    {
        Bytes += data.Length;
        recording?.ResponseData(data.Span);
        return stream.WriteAsync(FrameKind.Data, data);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillHeadAsync(bool expectsContinue)
    {
        if (connection.Buffered.Length > maxHeadBytes)
        {
            throw new LocalResponseException(RelayError.ResponseHeadInvalid);
        }

        if (!expectsContinue)
        {
            await FillMoreAsync(RelayError.ResponseHeadLocal).ConfigureAwait(false);
        }
        else
        {
            Task fill = FillMoreAsync(RelayError.ResponseHeadLocal).AsTask();
            if (await Task.WhenAny(fill, Task.Delay(ContinueAfter, time)).ConfigureAwait(false) != fill)
            {
                await HeadSender.WriteHeadAsync(stream, new ResponseHead { Status = 100 }).ConfigureAwait(false);
            }

            await fill.ConfigureAwait(false);
        }

        HasStarted = true;
    }

    private ValueTask FillBodyAsync() =>
        connection.Buffered.IsEmpty ? FillMoreAsync(RelayError.ResponseBodyLocal) : ValueTask.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillMoreAsync(RelayError atEnd)
    {
        if (await connection.FillAsync(CancellationToken.None).ConfigureAwait(false) == 0)
        {
            throw new LocalResponseException(atEnd);
        }
    }
}
