using System.Net;
using System.Net.Sockets;
using System.Text;
using Ggrok.Bench.Peers;

namespace Ggrok.Bench.Scenarios;

/// <summary>One download of the big file on a connection of its own, read piece by piece and thrown away.</summary>
internal sealed class BulkResponse : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _buffer;
    private int _first;

    private BulkResponse(byte[] buffer) => _buffer = buffer;

    /// <summary>Asks for the file and returns with the first bytes of the response.</summary>
    /// <exception cref="InvalidOperationException">The answer is another than 200.</exception>
    public static async Task<BulkResponse> BeginAsync(Entrance entrance, byte[] buffer, CancellationToken stop)
    {
        var response = new BulkResponse(buffer);
        try
        {
            await response.AskAsync(entrance, stop).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the next piece, the head's included; 0 at the end.</summary>
    public ValueTask<int> ReadAsync(CancellationToken stop)
    {
        int first = _first;
        _first = 0;
        return first > 0 ? ValueTask.FromResult(first) : _socket.ReceiveAsync(_buffer, stop);
    }

    public void Dispose() => _socket.Dispose();

    private async Task AskAsync(Entrance entrance, CancellationToken stop)
    {
        await _socket.ConnectAsync(IPAddress.Loopback, entrance.Port, stop).ConfigureAwait(false);
        byte[] request = Encoding.ASCII.GetBytes($"GET /bulk HTTP/1.1\r\nHost: {entrance.Host}\r\nConnection: close\r\n\r\n");
        await _socket.SendAsync(request, stop).ConfigureAwait(false);
        _first = await _socket.ReceiveAsync(_buffer, stop).ConfigureAwait(false);
        if (!_buffer.AsSpan(0, _first).StartsWith("HTTP/1.1 200 "u8))
        {
            throw new InvalidOperationException("A download was answered: " + Encoding.ASCII.GetString(_buffer, 0, Math.Min(_first, 200)));
        }
    }
}
