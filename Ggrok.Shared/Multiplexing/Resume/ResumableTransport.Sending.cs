using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing.Resume;

/// <content>What is sent: kept, sent, sent again, acknowledged; and the close. Who sends has the turn.</content>
public sealed partial class ResumableTransport
{
    /// <summary>The peer has received so many bytes.</summary>
    /// <exception cref="ProtocolViolationException">It cannot have.</exception>
    internal void Acknowledged(ulong position)
    {
        lock (_gate)
        {
            if (position > long.MaxValue || !_replay.Acknowledge((long)position))
            {
                throw new ProtocolViolationException(CloseReason.AckInvalid);
            }
        }

        _room.Set(inline: false);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message) => SendAsync(message, null);

    /// <summary>Sends a message; its buffer may be held for longer than the call.</summary>
    /// <exception cref="IOException">The session is over.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> message, MessageBuffer? buffer)
    {
        long position;
        while (!TryKeep(message, buffer, out position))
        {
            await _room.WaitAsync().ConfigureAwait(false);
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (LinkToSend(position) is { } link)
            {
                await SendAsync(link, message).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(CloseReason reason)
    {
        while (await TryCloseAsync(reason).ConfigureAwait(false) is { } changed)
        {
            if (IsSuspended && !IsWaitedFor(reason))
            {
                Abort();
                return;
            }

            await changed.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a close waits for another connection: what was promised in order may still be fetched for a moment. Of any other
    /// the peer hears when it asks for the session.
    /// </summary>
    internal static bool IsWaitedFor(CloseReason reason) => reason is CloseReason.Normal or CloseReason.Drained;

    // Null when it is told or nobody can be told any more, else what to wait for.
    private async ValueTask<Task?> TryCloseAsync(CloseReason reason)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            Link? link;
            lock (_gate)
            {
                if (_isOver)
                {
                    return null;
                }

                link = _link;
                _closeSent = link is { IsCaughtUp: true };
                if (!_closeSent)
                {
                    return _changed.Task;
                }
            }

            await link!.Transport.CloseAsync(reason).ConfigureAwait(false);
            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool TryKeep(ReadOnlyMemory<byte> message, MessageBuffer? buffer, out long position)
    {
        lock (_gate)
        {
            position = _replay.End;
            if (_isOver)
            {
                throw new IOException("The session is over.");
            }

            if (!_replay.HasRoomFor(message.Length))
            {
                return false;
            }

            _replay.Append(message.Span, buffer);
            return true;
        }
    }

    // Null while there is none, and for a message that went with those that were sent again.
    private Link? LinkToSend(long position)
    {
        lock (_gate)
        {
            return _link is { IsCaughtUp: true } link && position >= _sentAgain ? link : null;
        }
    }

    // A loss is no failure: the message is kept.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(Link link, ReadOnlyMemory<byte> message)
    {
        try
        {
            await link.Transport.SendAsync(message).ConfigureAwait(false);
        }
        catch (IOException)
        {
            Lose(link);
        }
    }

    private async ValueTask<bool> CatchUpAsync(Link link)
    {
        MessageBuffer copy = MessageBuffer.Rent();
        while (await SendNextAgainAsync(link, copy.Bytes).ConfigureAwait(false))
        {
            Interlocked.Increment(ref _sendsAgain);
        }

        copy.Release();

        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = TakeChangedLocked();
        }

        changed.TrySetResult();
        return link.IsCaughtUp;
    }

    // One turn for each message, so that Acks get through in between. Who sends on the old connection, which is aborted, is
    // done with its turn soon.
    private async ValueTask<bool> SendNextAgainAsync(Link link, byte[] copy)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!NextToSendAgain(link, copy, out int length))
            {
                return false;
            }

            await SendAsync(link, copy.AsMemory(0, length)).ConfigureAwait(false);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool NextToSendAgain(Link link, byte[] target, out int length)
    {
        lock (_gate)
        {
            length = 0;
            if (_link != link)
            {
                return false;
            }

            link.IsCaughtUp = !_replay.TryCopy(ref _sentAgain, target, out length);
            return !link.IsCaughtUp;
        }
    }

    private void AckSoon()
    {
        if (Interlocked.Exchange(ref _isAcking, 1) == 0)
        {
            _ = AckAsync();
        }
    }

    // A message of its own that does not count and is never kept: it must get through while the buffer is full, or two full
    // buffers would wait for each other.
    private async Task AckAsync()
    {
        bool isSent = false;
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (LinkToAck() is { } link)
            {
                await SendAsync(link, _ack).ConfigureAwait(false);
                isSent = true;
            }
        }
        finally
        {
            // A full fence: who counts next must see this, or what it has counted is seen below.
            Interlocked.Exchange(ref _isAcking, 0);
            _turn.Release();
        }

        if (isSent && IsAckDue())
        {
            // Became due meanwhile, and perhaps nothing more comes before it is sent.
            AckSoon();
        }
    }

    private bool IsAckDue() => Interlocked.Read(ref _received) - Interlocked.Read(ref _acked) >= _ackEvery;

    private Link? LinkToAck()
    {
        lock (_gate)
        {
            if (_closeSent || _link is not { } link)
            {
                return null;
            }

            Interlocked.Exchange(ref _acked, _received);
            new FrameHeader(FrameKind.Ack, FrameFlags.None, 0, sizeof(ulong)).Write(_ack);
            BinaryPrimitives.WriteUInt64BigEndian(_ack.AsSpan(FrameHeader.Size), (ulong)_received);
            return link;
        }
    }
}
