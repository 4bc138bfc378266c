using System.Net.Sockets;

namespace Ggrok.Client.Local.Http2;

/// <summary>
/// A connection without TLS that looks at the first bytes of the service: HTTP/2 begins with SETTINGS (RFC 9113 section 3.4),
/// and anything else is the answer of a service that does not speak it.
/// </summary>
internal sealed class GreetedStream(Socket socket, Action notHttp2) : NetworkStream(socket, ownsSocket: true)
{
    // Where the head of a frame has its kind, and the kind (RFC 9113 sections 4.1 and 6.5).
    private const int KindAt = 3;
    private const byte Settings = 4;

    private bool _greeted;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = base.ReadAsync(buffer, cancellationToken);
        return _greeted || buffer.IsEmpty ? read : GreetAsync(read, buffer);
    }

    private async ValueTask<int> GreetAsync(ValueTask<int> read, Memory<byte> buffer)
    {
        int count = await read.ConfigureAwait(false);
        _greeted = true;
        if (count > KindAt && buffer.Span[KindAt] != Settings)
        {
            notHttp2();
        }

        return count;
    }
}
