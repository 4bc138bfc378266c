using System.Runtime.CompilerServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Local.Http1;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>Answers the streams that the server opens, each with a request for one of the local services.</summary>
internal sealed class LocalRelay
{
    private readonly IReadOnlyList<LocalTunnel> _tunnels;
    private readonly LocalService[] _services;
    private readonly IClientEvents _events;
    private readonly TimeProvider _time;

    public LocalRelay(IReadOnlyList<LocalTunnel> tunnels, IClientEvents events, TimeProvider time)
    {
        _tunnels = tunnels;
        _services = [.. tunnels.Select(t => new LocalService(t, time))];
        _events = events;
        _time = time;
    }

    /// <summary>Size in bytes that a response head may have; the server says it in Welcome.</summary>
    public int MaxHeadBytes { get; set; } = ProtocolLimits.MaxJsonBytes / 2;

    /// <summary>Serves one stream. Never throws.</summary>
    public async Task ServeAsync(MuxStream stream)
    {
        long started = _time.GetTimestamp();
        RequestHead? head = null;
        ILocalExchange? exchange = null;
        RelayError error;
        try
        {
            head = await ReadHeadAsync(stream).ConfigureAwait(false);
            if (head is null || head.Tunnel >= _tunnels.Count)
            {
                stream.Reset(RelayError.RequestInvalid);
                return;
            }

            exchange = await _services[head.Tunnel].OpenAsync(stream, head, MaxHeadBytes).ConfigureAwait(false);
            error = await exchange.RunAsync().ConfigureAwait(false);
        }
        catch (LocalConnectException e)
        {
            error = e.Error;
        }
        catch (OperationCanceledException) when (stream.Error != RelayError.None)
        {
            error = stream.Error;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug must cost one exchange, not the tunnel.
            error = RelayError.Internal;
        }

        if (error != RelayError.None)
        {
            stream.Reset(error);
        }

        if (head is not null)
        {
            _services[head.Tunnel].Ended(error);
            _events.ExchangeCompleted(new ExchangeSummary(
                head.Id, _tunnels[head.Tunnel].Name, head.Method, head.Target, exchange?.Status ?? 0, error,
                _time.GetElapsedTime(started), exchange?.RequestBytes ?? 0, exchange?.ResponseBytes ?? 0));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RequestHead?> ReadHeadAsync(MuxStream stream)
    {
        InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
        if (frame.Kind != FrameKind.Head)
        {
            return null;
        }

        try
        {
            RequestHead head = HeadReader.ReadRequest(frame.Payload.Span);
            stream.Advance();
            return head;
        }
        catch (ProtocolViolationException)
        {
            return null;
        }
    }
}
