using System.Net.Sockets;

namespace Ggrok.Client.Local.Http2;

/// <summary>A connection that looks at the first bytes of the service: one without HTTP/2 answers the preface in HTTP/1.1.</summary>
internal sealed class GreetedStream(Socket socket, Action answeredInHttp1) : NetworkStream(socket, ownsSocket: true)
{
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
        if (buffer.Span[..count].StartsWith("HTTP/1"u8))
        {
            answeredInHttp1();
        }

        return count;
    }
}
