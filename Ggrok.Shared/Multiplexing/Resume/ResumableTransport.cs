using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing.Resume;

/// <summary>
/// A message transport that outlives the connection below it. What was sent is kept until the peer says that it has arrived;
/// when the connection breaks, the session is suspended, and goes on over the next connection as if nothing had happened:
/// what the peer does not have is sent again, what it sends again is not there twice. Without another connection within the
/// grace the transport is lost.
/// </summary>
public sealed class ResumableTransport : IMessageTransport
{
    private const int MostBetweenAcks = 256 * 1024;

    // Less is not worth a message: an Ack for each Ack would keep two quiet peers talking for ever.
    private const int LeastToAck = 512;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly AsyncSignal _room = new();
    private readonly ReplayBuffer _replay;
    private readonly ResumeOptions _options;
    private readonly TimeProvider _time;
    private readonly int _ackEvery;
    private readonly byte[] _ack = new byte[FrameHeader.Size + sizeof(ulong)];
    private TaskCompletionSource _changed = NewSignal();
    private Link? _link;
    private ITimer? _grace;
    private int _attempt;
    private bool _isOver;
    private bool _closeSent;
    private long _sentAgain;
    private long _sendsAgain;
    private long _received;
    private long _acked;
    private int _isAcking;

    // Of the read loop alone: what has come of a message, and over which connection.
    private int _partial;
    private Link? _partialOf;
    private bool _isAck;

    /// <summary>Begins over a connection on which the handshake is done.</summary>
    public ResumableTransport(IMessageTransport first, ResumeOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _replay = new ReplayBuffer(Math.Max(options.BufferBytes, ResumeOptions.SmallestBuffer));
        _ackEvery = Math.Min(MostBetweenAcks, Math.Max(options.PeerBufferBytes, ResumeOptions.SmallestBuffer) / 4);
        _link = new Link(first) { IsCaughtUp = true };
    }

    /// <summary>The connection is broken, and another one is waited for.</summary>
    public bool IsSuspended => Volatile.Read(ref _link) is null && !Volatile.Read(ref _isOver);

    /// <summary>No connection will come any more.</summary>
    public bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>How often the session went on over another connection.</summary>
    public int Resumptions { get; private set; }

    /// <summary>Messages that were sent again: grows while a new connection catches up.</summary>
    internal long SendsAgain => Interlocked.Read(ref _sendsAgain);

    /// <summary>Bytes that are kept because the peer has not acknowledged them.</summary>
    public long Unacknowledged
    {
        get
        {
            lock (_gate)
            {
                return _replay.End - _replay.Start;
            }
        }
    }

    /// <summary>Completes when the connection that is used now is given up, at once when there is none.</summary>
    public Task Released => Volatile.Read(ref _link)?.Released.Task ?? Task.CompletedTask;

    /// <summary>Waits until the session is suspended; false when it is over instead.</summary>
    public async Task<bool> WaitForSuspensionAsync()
    {
        while (!IsOver)
        {
            if (Volatile.Read(ref _link) is not { } link)
            {
                return !IsOver;
            }

            await link.Released.Task.ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>
    /// Gives the connection up, if there is one still, for the sake of another that comes: from now on nothing of it counts.
    /// </summary>
    /// <param name="peerReceived">Bytes of this session that the peer has received; null while that is not known.</param>
    /// <returns>What <see cref="AttachAsync"/> needs, with the bytes that have arrived here; null when the session is over or the peer cannot be right.</returns>
    public ResumeAttempt? BeginAttach(long? peerReceived)
    {
        Link? old;
        ResumeAttempt attempt;
        lock (_gate)
        {
            if (_isOver || _closeSent || (peerReceived is { } position && !_replay.IsBoundary(position)))
            {
                return null;
            }

            old = SuspendLocked();
            attempt = new ResumeAttempt(++_attempt, _received);
        }

        old?.Release();
        return attempt;
    }

    /// <summary>Whether the peer can have received so many bytes of this session.</summary>
    public bool IsPlausible(long peerReceived)
    {
        lock (_gate)
        {
            return _replay.IsBoundary(peerReceived);
        }
    }

    /// <summary>
    /// Goes on over another connection; completes when the peer has been sent again what it did not have. False when a later
    /// attempt or the grace overtook this one, or what the peer says cannot be.
    /// </summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="transport">The connection, on which the handshake is done.</param>
    /// <param name="peerReceived">Bytes of this session that the peer has received.</param>
    /// <param name="released">Completes when the connection is given up.</param>
    public ValueTask<bool> AttachAsync(ResumeAttempt attempt, IMessageTransport transport, long peerReceived, out Task released)
    {
        var link = new Link(transport);
        released = link.Released.Task;
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_isOver || attempt.Number != _attempt || !_replay.IsBoundary(peerReceived))
            {
                link.Release();
                return ValueTask.FromResult(false);
            }

            _replay.Acknowledge(peerReceived);
            _sentAgain = peerReceived;
            _grace?.Dispose();
            _grace = null;
            Volatile.Write(ref _link, link);
            Resumptions++;
            changed = TakeChangedLocked();
        }

        changed.TrySetResult();
        _room.Set(inline: false);
        return CatchUpAsync(link);
    }

    /// <summary>Gives the connection up as lost; the session waits for another. False when the session is over.</summary>
    public bool Break()
    {
        Link? old;
        lock (_gate)
        {
            if (_isOver || _closeSent)
            {
                return false;
            }

            old = SuspendLocked();
        }

        old?.Release();
        return true;
    }

    /// <summary>Acknowledges what has arrived if that is worth a message; the owner calls it about once a second.</summary>
    public void Tick()
    {
        if (Interlocked.Read(ref _received) - Interlocked.Read(ref _acked) >= LeastToAck)
        {
            AckSoon();
        }
    }

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
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        while (true)
        {
            Link link = Volatile.Read(ref _link) ?? await WaitForLinkAsync().ConfigureAwait(false);
            if (_partial > 0 && link != _partialOf)
            {
                // Given up by another thread between two pieces: the peer sends the message again, from its beginning.
                return BeginAgain();
            }

            _partialOf = link;
            TransportRead read;
            try
            {
                read = await link.Transport.ReceiveAsync(buffer).ConfigureAwait(false);
                if (!(read.Closed && read.PeerReason == CloseReason.TransportLost) && Count(link, read, buffer.Span))
                {
                    return read;
                }
            }
            catch (IOException)
            {
                // As with a close by somebody in between: another connection may come.
            }

            Lose(link);
            if (_partial > 0)
            {
                return BeginAgain();
            }
        }
    }

    private TransportRead BeginAgain()
    {
        _partial = 0;
        return new TransportRead(0, false, false, CloseReason.Normal) { BeginsAgain = true };
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

    /// <inheritdoc/>
    public void Abort() => End(abort: true);

    /// <summary>Lets go of everything; a connection that closes in order goes on doing so.</summary>
    internal void End() => End(abort: false);

    private void End(bool abort)
    {
        Link? link;
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            Volatile.Write(ref _isOver, true);
            link = _link;
            Volatile.Write(ref _link, null);
            _grace?.Dispose();
            _replay.Clear();
            changed = TakeChangedLocked();
        }

        if (abort)
        {
            link?.Transport.Abort();
        }

        link?.Released.TrySetResult();
        changed.TrySetResult();
        _room.Set(inline: false);
    }

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

    private TaskCompletionSource TakeChangedLocked()
    {
        TaskCompletionSource changed = _changed;
        _changed = NewSignal();
        return changed;
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

    private async ValueTask<Link> WaitForLinkAsync()
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isOver)
                {
                    throw new IOException("The session is over.");
                }

                if (_link is { } link)
                {
                    return link;
                }

                changed = _changed.Task;
            }

            await changed.ConfigureAwait(false);
        }
    }

    // False for what comes late from a connection that was given up: the peer was told that it did not arrive.
    private bool Count(Link link, TransportRead read, ReadOnlySpan<byte> bytes)
    {
        if (read.Count > 0 && _partial == 0)
        {
            _isAck = bytes[0] == (byte)FrameKind.Ack;
        }

        bool isDue;
        lock (_gate)
        {
            if (_link != link)
            {
                return false;
            }

            _partial += read.Count;
            if (!read.EndOfMessage)
            {
                return true;
            }

            if (!_isAck)
            {
                Interlocked.Add(ref _received, _partial);
            }

            _partial = 0;
            isDue = _received - Interlocked.Read(ref _acked) >= _ackEvery;
        }

        if (isDue)
        {
            AckSoon();
        }

        return true;
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
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (LinkToAck() is { } link)
            {
                await SendAsync(link, _ack).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _isAcking, 0);
            _turn.Release();
        }
    }

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

    private void Lose(Link link)
    {
        bool isClosed;
        lock (_gate)
        {
            isClosed = _link == link && _closeSent;
            if (_link == link && !_closeSent)
            {
                SuspendLocked();
            }
        }

        link.Release();
        if (isClosed)
        {
            // The peer has heard that the session is over, or will when it asks.
            End(abort: true);
        }
    }

    private Link? SuspendLocked()
    {
        Link? old = _link;
        Volatile.Write(ref _link, null);
        _grace ??= _time.CreateTimer(static s => ((ResumableTransport)s!).OnGraceOver(), this, _options.Grace, Timeout.InfiniteTimeSpan);
        return old;
    }

    // It may have been on its way when another connection came.
    private void OnGraceOver()
    {
        lock (_gate)
        {
            if (_link is not null)
            {
                return;
            }
        }

        Abort();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One connection.</summary>
    private sealed class Link(IMessageTransport transport)
    {
        public IMessageTransport Transport { get; } = transport;

        public TaskCompletionSource Released { get; } = NewSignal();

        /// <summary>The peer has been sent again what it did not have; what is new may follow.</summary>
        public bool IsCaughtUp { get; set; }

        public void Release()
        {
            Transport.Abort();
            Released.TrySetResult();
        }
    }
}

/// <summary>An attempt to go on over another connection.</summary>
/// <param name="Number">Counts the attempts; only the last one may succeed.</param>
/// <param name="Received">Bytes of the session that have arrived here, for the peer.</param>
public readonly record struct ResumeAttempt(int Number, long Received);
