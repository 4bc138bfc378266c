using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>One connection to the local service, with the bytes that were read ahead.</summary>
internal sealed class LocalConnection(Socket socket, Stream stream) : IDisposable
{
    private const int SmallBufferBytes = 4096;
    private const int LargeBufferBytes = 64 * 1024;

    private readonly byte[] _small = new byte[SmallBufferBytes];
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>Bytes read and not consumed.</summary>
    public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(_start, _end - _start);

    /// <summary>The connection, TLS included; reads bypass <see cref="Buffered"/>.</summary>
    public Stream Stream => stream;

    /// <summary>Where requests are put together before they are written; kept, so that it is made once.</summary>
    public ArrayBufferWriter<byte> Output { get; private set; } = new(1024);

    /// <summary>The response head that is being read; filled again for each.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>The service may still take the connection's next request for one of an expired connection.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Seconds that the service promised to keep the idle connection, or null.</summary>
    public int? KeepAliveSeconds { get; set; }

    /// <summary>Timestamp at which the connection became idle.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether the service closed the connection, or sent something nobody asked for, while it was idle.</summary>
    public bool IsStale
    {
        get
        {
            try
            {
                return _start != _end || socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Gives large buffers back: the connection becomes idle, and there may be many.</summary>
    public void Trim()
    {
        if (_buffer.Length > SmallBufferBytes && _start == _end)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _start = _end = 0;
        }

        if (Output.Capacity > LargeBufferBytes / 4)
        {
            Output = new ArrayBufferWriter<byte>(1024);
        }
    }

    /// <summary>Marks bytes of <see cref="Buffered"/> as used.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more behind what is buffered; 0 at the end of the connection.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask<int> FillAsync(CancellationToken cancellation)
    {
        MakeRoom();
        ValueTask<int> read = stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        if (read.IsCompletedSuccessfully)
        {
            int count = read.Result;
            _end += count;
            return ValueTask.FromResult(count);
        }

        return FinishAsync(this, read);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> FinishAsync(LocalConnection connection, ValueTask<int> read)
        {
            int count = await read.ConfigureAwait(false);
            connection._end += count;
            return count;
        }
    }

    /// <summary>Half-closes the writing side.</summary>
    public void ShutdownSend()
    {
        try
        {
            if (stream is System.Net.Security.SslStream tls)
            {
                // Sends close_notify (RFC 8446 section 6.1); there is no other half-close within TLS.
                _ = tls.ShutdownAsync();
                return;
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed altogether: half-closed as well.
        }
    }

    /// <summary>Drops the connection.</summary>
    public void Dispose() => stream.Dispose();

    // Small at first and large once the service sends much: most connections carry small responses.
    private void MakeRoom()
    {
        if (_buffer.Length == 0)
        {
            _buffer = _small;
        }

        if (_start == _end)
        {
            bool wasFull = _end == _buffer.Length;
            _start = 0;
            _end = 0;
            if (wasFull && _buffer.Length < LargeBufferBytes)
            {
                Move(ArrayPool<byte>.Shared.Rent(LargeBufferBytes));
            }

            return;
        }

        if (_start > 0 && _end == _buffer.Length)
        {
            Buffered.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Move(ArrayPool<byte>.Shared.Rent(_buffer.Length * 2));
        }
    }

    private void Move(byte[] larger)
    {
        Buffered.CopyTo(larger);
        _end -= _start;
        _start = 0;
        if (_buffer.Length > SmallBufferBytes)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
