using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing.Resume;

/// <summary>
/// A message transport that outlives the connection below it. What was sent is kept until the peer says that it has arrived;
/// when the connection breaks, the session is suspended, and goes on over the next connection as if nothing had happened:
/// what the peer does not have is sent again, what it sends again is not there twice. Without another connection within the
/// grace the transport is lost.
/// </summary>
public sealed partial class ResumableTransport : IMessageTransport
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
    private int _resumptions;
    private bool _isOver;
    private bool _closeSent;
    private long _sentAgain;
    private long _sendsAgain;
    private long _received;
    private long _acked;
    private int _isAcking;

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
    public int Resumptions => Volatile.Read(ref _resumptions);

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
            Interlocked.Increment(ref _resumptions);
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

    /// <inheritdoc/>
    public void Abort() => End(abort: true);

    /// <summary>Ends the session if it waits for another connection, which then comes too late. False when it does not wait.</summary>
    /// <param name="ending">Runs before anybody can notice, and must not wait.</param>
    internal bool TryEndSuspended(Action ending)
    {
        lock (_gate)
        {
            if (_isOver || _link is not null)
            {
                return false;
            }

            ending();
            Volatile.Write(ref _isOver, true);
        }

        LetGo(abort: true);
        return true;
    }

    /// <summary>Lets go of everything; a connection that closes in order goes on doing so.</summary>
    internal void End() => End(abort: false);

    private void End(bool abort)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            Volatile.Write(ref _isOver, true);
        }

        LetGo(abort);
    }

    private void LetGo(bool abort)
    {
        Link? link;
        TaskCompletionSource changed;
        lock (_gate)
        {
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

    private TaskCompletionSource TakeChangedLocked()
    {
        TaskCompletionSource changed = _changed;
        _changed = NewSignal();
        return changed;
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
