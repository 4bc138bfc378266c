using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Messages within one process. Each is copied once, from the sender's memory to the receiver's, and the sender waits for
/// that: nothing is queued, nothing allocated.
/// </summary>
public sealed class MemoryTransport : IMessageTransport
{
    private readonly Lane _outgoing;
    private readonly Lane _incoming;

    private MemoryTransport(Lane outgoing, Lane incoming)
    {
        _outgoing = outgoing;
        _incoming = incoming;
    }

    /// <summary>The two ends of a connection.</summary>
    public static (MemoryTransport A, MemoryTransport B) Pair()
    {
        var there = new Lane();
        var back = new Lane();
        return (new MemoryTransport(there, back), new MemoryTransport(back, there));
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message) => _outgoing.SendAsync(message);

    /// <inheritdoc/>
    public ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer) => _incoming.ReceiveAsync(buffer);

    /// <inheritdoc/>
    public ValueTask CloseAsync(CloseReason reason)
    {
        _outgoing.Close(reason);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _outgoing.Lose();
        _incoming.Lose();
    }

    /// <summary>One direction.</summary>
    private sealed class Lane
    {
        private readonly Lock _lock = new();
        private readonly AsyncSignal _arrived = new();
        private readonly AsyncSignal _taken = new();
        private ReadOnlyMemory<byte> _message;
        private bool _isFull;
        private CloseReason? _closed;
        private bool _isLost;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
        {
            lock (_lock)
            {
                ThrowIfLost();
                _message = message;
                _isFull = true;
            }

            _arrived.Set(inline: false);
            await _taken.WaitAsync().ConfigureAwait(false);
            lock (_lock)
            {
                // The memory is the sender's again, taken or not.
                _message = default;
                ThrowIfLost();
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
        {
            while (true)
            {
                if (Take(buffer) is { } read)
                {
                    if (read.EndOfMessage)
                    {
                        _taken.Set(inline: false);
                    }

                    return read;
                }

                await _arrived.WaitAsync().ConfigureAwait(false);
            }
        }

        public void Close(CloseReason reason)
        {
            lock (_lock)
            {
                _closed ??= reason;
            }

            _arrived.Set(inline: false);
        }

        public void Lose()
        {
            lock (_lock)
            {
                _isLost = true;
            }

            _arrived.Set(inline: false);
            _taken.Set(inline: false);
        }

        private TransportRead? Take(Memory<byte> buffer)
        {
            lock (_lock)
            {
                ThrowIfLost();
                if (!_isFull)
                {
                    return _closed is { } reason ? new TransportRead(0, true, true, reason) : null;
                }

                int count = Math.Min(buffer.Length, _message.Length);
                _message.Span[..count].CopyTo(buffer.Span);
                _message = _message[count..];
                _isFull = buffer.IsEmpty || !_message.IsEmpty;
                return new TransportRead(count, !_isFull, false, CloseReason.Normal);
            }
        }

        private void ThrowIfLost()
        {
            if (_isLost)
            {
                throw new IOException("The connection is lost.");
            }
        }
    }
}
