using System.Buffers;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Local.Http2;

/// <summary>
/// Replays one request against the local service over HTTP/2. Both bodies flow at once, each as fast as the slower of the
/// tunnel's credit and the local stream's window lets it.
/// </summary>
internal sealed class Http2Exchange : ILocalExchange
{
    private readonly Http2Client _client;
    private readonly LocalTunnel _tunnel;
    private readonly MuxStream _stream;
    private readonly RequestHead _request;
    private readonly int _maxHeadBytes;
    private readonly TunnelContent? _body;
    private readonly RecordingExchange? _recording;

    // 100 Continue and the response may be about to be written at the same time.
    private readonly SemaphoreSlim? _continue;
    private bool _responding;

    public Http2Exchange(Http2Client client, LocalTunnel tunnel, MuxStream stream, RequestHead request, int maxHeadBytes, RecordingExchange? recording)
    {
        _client = client;
        _tunnel = tunnel;
        _stream = stream;
        _request = request;
        _maxHeadBytes = maxHeadBytes;
        _recording = recording;
        _body = request.HasBody ? new TunnelContent(stream, ContinueAsync, recording) : null;
        bool expectsContinue = request.HasBody && request.Headers.Exists(f =>
            f.Name.Equals("Expect", StringComparison.OrdinalIgnoreCase) && f.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase));
        _continue = expectsContinue ? new SemaphoreSlim(1) : null;
    }

    /// <inheritdoc/>
    public int Status { get; private set; }

    /// <inheritdoc/>
    public long RequestBytes => _body?.Bytes ?? 0;

    /// <inheritdoc/>
    public long ResponseBytes { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<RelayError> RunAsync()
    {
        if (Http2Heads.RequestOf(_request, _tunnel, _body) is not { } message)
        {
            return RelayError.RequestInvalid;
        }

        try
        {
            using HttpResponseMessage response = await _client.SendAsync(message, _stream.Aborted).ConfigureAwait(false);
            return await RespondAsync(response).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return _stream.Error != RelayError.None ? _stream.Error : Http2Failure.Of(e, Status != 0, _client.IsNotHttp2);
        }
    }

    private async ValueTask<RelayError> RespondAsync(HttpResponseMessage response)
    {
        ResponseHead head = Http2Heads.HeadOf(response, out int size);
        if (size > _maxHeadBytes)
        {
            return RelayError.ResponseHeadInvalid;
        }

        await BeginResponseAsync().ConfigureAwait(false);
        Status = head.Status;
        Record(head);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ProtocolLimits.MaxDataBytes);
        try
        {
            return await RelayAsync(response, head, buffer.AsMemory(0, ProtocolLimits.MaxDataBytes)).ConfigureAwait(false)
                ? RelayError.None
                : _stream.Error == RelayError.None ? RelayError.ResponseHeadInvalid : _stream.Error;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Record(ResponseHead head)
    {
        if (_recording is not null)
        {
            var text = new ArrayBufferWriter<byte>(1024);
            ResponseText.Write(text, head);
            _recording.Responding(text.WrittenSpan, MessageStreams.Of(head) != MessageStream.None);
        }
    }

    // False when the stream is over, or a head or trailers are larger than the tunnel carries.
    private async ValueTask<bool> RelayAsync(HttpResponseMessage response, ResponseHead head, Memory<byte> buffer)
    {
        Stream body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);

        // Without a buffer: whether there is anything to read, or the end.
        Task waiting = body.ReadAsync(Memory<byte>.Empty, _stream.Aborted).AsTask();
        int count = waiting.IsCompletedSuccessfully ? await body.ReadAsync(buffer, _stream.Aborted).ConfigureAwait(false) : -1;
        if (count == 0 && !response.TrailingHeaders.NonValidated.Any())
        {
            // The head is all, and the visitor must see that: a gRPC response of nothing else carries its status there.
            return await HeadSender.WriteWholeAsync(_stream, head, default).ConfigureAwait(false);
        }

        if (!await HeadSender.WriteHeadAsync(_stream, head).ConfigureAwait(false))
        {
            return false;
        }

        if (count < 0)
        {
            await waiting.ConfigureAwait(false);
            count = await body.ReadAsync(buffer, _stream.Aborted).ConfigureAwait(false);
        }

        while (count > 0)
        {
            ResponseBytes += count;
            _recording?.ResponseData(buffer.Span[..count]);
            if (!await _stream.WriteAsync(FrameKind.Data, buffer[..count]).ConfigureAwait(false))
            {
                return false;
            }

            count = await body.ReadAsync(buffer, _stream.Aborted).ConfigureAwait(false);
        }

        List<HeaderField> trailers = Http2Heads.TrailersOf(response);
        _recording?.ResponseTrailers(trailers);
        return (trailers.Count == 0 || await HeadSender.WriteTrailersAsync(_stream, trailers).ConfigureAwait(false))
            && await _stream.WriteEndAsync().ConfigureAwait(false);
    }

    // Called when the body is wanted: at once, or for Expect: 100-continue when the service says so or stays silent.
    private async ValueTask ContinueAsync()
    {
        if (_continue is null)
        {
            return;
        }

        await _continue.WaitAsync().ConfigureAwait(false);
        if (!_responding)
        {
            await HeadSender.WriteHeadAsync(_stream, new ResponseHead { Status = 100 }).ConfigureAwait(false);
        }

        _continue.Release();
    }

    private async ValueTask BeginResponseAsync()
    {
        if (_continue is not null)
        {
            await _continue.WaitAsync().ConfigureAwait(false);
            _responding = true;
            _continue.Release();
        }
    }
}
