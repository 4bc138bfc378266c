using System.Buffers;
using Ggrok.Client.Connection;
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

    // 100 Continue and the response may be about to be written at the same time.
    private readonly SemaphoreSlim? _continue;
    private bool _responding;

    public Http2Exchange(Http2Client client, LocalTunnel tunnel, MuxStream stream, RequestHead request, int maxHeadBytes)
    {
        _client = client;
        _tunnel = tunnel;
        _stream = stream;
        _request = request;
        _maxHeadBytes = maxHeadBytes;
        _body = request.HasBody ? new TunnelContent(stream, ContinueAsync) : null;
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
            return _stream.Error != RelayError.None ? _stream.Error : Http2Failure.Of(e, Status != 0);
        }
    }

    private async ValueTask<RelayError> RespondAsync(HttpResponseMessage response)
    {
        ResponseHead head = Http2Heads.HeadOf(response, out int size);
        await BeginResponseAsync().ConfigureAwait(false);
        if (size > _maxHeadBytes || !await HeadSender.WriteHeadAsync(_stream, head).ConfigureAwait(false))
        {
            return _stream.Error == RelayError.None ? RelayError.ResponseHeadInvalid : _stream.Error;
        }

        Status = head.Status;
        bool sent = await CopyBodyAsync(response).ConfigureAwait(false);
        List<HeaderField> trailers = sent ? Http2Heads.TrailersOf(response) : [];
        if (trailers.Count > 0 && sent && !await HeadSender.WriteTrailersAsync(_stream, trailers).ConfigureAwait(false))
        {
            return _stream.Error == RelayError.None ? RelayError.ResponseHeadInvalid : _stream.Error;
        }

        return sent && await _stream.WriteEndAsync().ConfigureAwait(false) ? RelayError.None : _stream.Error;
    }

    private async ValueTask<bool> CopyBodyAsync(HttpResponseMessage response)
    {
        Stream body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ProtocolLimits.MaxDataBytes);
        try
        {
            int count;
            while ((count = await body.ReadAsync(buffer.AsMemory(0, ProtocolLimits.MaxDataBytes), _stream.Aborted).ConfigureAwait(false)) > 0)
            {
                ResponseBytes += count;
                if (!await _stream.WriteAsync(FrameKind.Data, buffer.AsMemory(0, count)).ConfigureAwait(false))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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
