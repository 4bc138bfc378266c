using System.Buffers;
using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Multiplexing;

/// <summary>
/// One end of a message transport in memory. It does what a socket does at least: copies the message, holds a few, and
/// wakes the other end on the thread pool.
/// </summary>
internal sealed class MemoryTransport : IMessageTransport
{
    private const int MessagesOnTheWay = 4;

    private readonly Channel<Message> _incoming = Channel.CreateBounded<Message>(
        new BoundedChannelOptions(MessagesOnTheWay) { SingleReader = true, SingleWriter = true });

    private MemoryTransport _other = null!;
    private Message? _current;
    private int _taken;

    public static (MemoryTransport A, MemoryTransport B) Pair()
    {
        var a = new MemoryTransport();
        var b = new MemoryTransport { _other = a };
        a._other = b;
        return (a, b);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(copy);
        return _other._incoming.Writer.WriteAsync(new Message(copy, message.Length, null));
    }

    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        _current ??= await TakeAsync().ConfigureAwait(false);
        Message message = _current.Value;
        if (message.Close is { } reason)
        {
            return new TransportRead(0, true, true, reason);
        }

        int count = Math.Min(buffer.Length, message.Length - _taken);
        message.Bytes.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        bool end = _taken == message.Length && !buffer.IsEmpty;
        if (end)
        {
            ArrayPool<byte>.Shared.Return(message.Bytes);
            _current = null;
            _taken = 0;
        }

        return new TransportRead(count, end, false, CloseReason.Normal);
    }

    public ValueTask CloseAsync(CloseReason reason) => _other._incoming.Writer.WriteAsync(new Message([], 0, reason));

    public void Abort()
    {
        _incoming.Writer.TryComplete();
        _other._incoming.Writer.TryComplete();
    }

    private async ValueTask<Message> TakeAsync()
    {
        try
        {
            return await _incoming.Reader.ReadAsync().ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("The other end is gone.", e);
        }
    }

    private readonly record struct Message(byte[] Bytes, int Length, CloseReason? Close);
}
