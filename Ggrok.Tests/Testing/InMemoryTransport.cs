using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>One end of a message transport in memory; can be cut after so many bytes, and its sends can be frozen.</summary>
public sealed class InMemoryTransport : IMessageTransport
{
    private readonly Channel<byte[]> _incoming = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InMemoryTransport _other = null!;
    private byte[] _current = [];
    private bool _hasCurrent;
    private long _bytesUntilCut = long.MaxValue;
    private CloseReason _peerReason = CloseReason.Normal;
    private TaskCompletionSource? _frozen;

    public List<byte[]> Sent { get; } = [];

    public static (InMemoryTransport A, InMemoryTransport B) Pair()
    {
        var a = new InMemoryTransport();
        var b = new InMemoryTransport { _other = a };
        a._other = b;
        return (a, b);
    }

    /// <summary>Breaks the connection, both ways, once this end has sent so many bytes.</summary>
    public void CutAfter(long bytes) => _bytesUntilCut = bytes;

    /// <summary>Sends do not complete until the connection is aborted.</summary>
    public void FreezeSends() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Puts a raw message before the other end.</summary>
    public void Inject(byte[] message) => _other._incoming.Writer.TryWrite(message);

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        await Task.Yield();
        if (_frozen is { } frozen)
        {
            await Task.WhenAny(frozen.Task, _aborted.Task);
        }

        lock (Sent)
        {
            Sent.Add(message.ToArray());
        }

        _bytesUntilCut -= message.Length;
        if (_bytesUntilCut < 0)
        {
            // A message that is cut arrives in part or not at all; a WebSocket never delivers a part.
            Abort();
            _other.Abort();
        }

        if (_aborted.Task.IsCompleted || !_other._incoming.Writer.TryWrite(message.ToArray()))
        {
            throw new IOException("cut");
        }
    }

    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        if (!_hasCurrent)
        {
            Task<bool> wait = _incoming.Reader.WaitToReadAsync().AsTask();
            await Task.WhenAny(wait, _aborted.Task);
            if (_aborted.Task.IsCompleted)
            {
                throw new IOException("aborted");
            }

            if (!await wait)
            {
                return new TransportRead(0, true, true, _peerReason);
            }

            _incoming.Reader.TryRead(out _current!);
            _hasCurrent = true;
        }

        int count = Math.Min(buffer.Length, _current.Length);
        _current.AsMemory(0, count).CopyTo(buffer);
        _current = _current[count..];
        bool end = _current.Length == 0 && !buffer.IsEmpty;
        _hasCurrent = !end;
        return new TransportRead(count, end, false, CloseReason.Normal);
    }

    public ValueTask CloseAsync(CloseReason reason)
    {
        _other._peerReason = reason;
        _other._incoming.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public void Abort()
    {
        _aborted.TrySetResult();
        _other._incoming.Writer.TryComplete(null);
    }
}
