using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>
/// One end of a message transport in memory. It can be slow, cut after any number of bytes (in the middle of a message
/// too), and stuck; it keeps a log of what was sent, and refuses two sends or two receives at once.
/// </summary>
public sealed class InMemoryTransport : IMessageTransport
{
    private readonly Channel<Piece> _incoming = Channel.CreateUnbounded<Piece>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _aborted = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _latency;
    private InMemoryTransport _other = null!;
    private Piece? _current;
    private long _bytesUntilCut = long.MaxValue;
    private TaskCompletionSource? _frozen;
    private TaskCompletionSource _stuck = NewSignal();
    private int _sending;
    private int _receiving;

    private InMemoryTransport(TimeSpan latency, TimeProvider time, bool record)
    {
        _latency = latency;
        _time = time;
        Sent = new MessageLog(record);
    }

    /// <summary>What this end has sent; empty unless the pair records.</summary>
    public MessageLog Sent { get; }

    /// <summary>This end dropped the connection.</summary>
    public bool IsAborted => _aborted.IsCancellationRequested;

    /// <summary>Completes when a send waits because sends are frozen.</summary>
    public Task Stuck => _stuck.Task;

    /// <summary>Two ends. Messages take <paramref name="latency"/> of <paramref name="time"/> each way.</summary>
    public static (InMemoryTransport A, InMemoryTransport B) Pair(TimeSpan latency = default, TimeProvider? time = null, bool record = true)
    {
        var a = new InMemoryTransport(latency, time ?? TimeProvider.System, record);
        var b = new InMemoryTransport(latency, time ?? TimeProvider.System, record) { _other = a };
        a._other = b;
        return (a, b);
    }

    /// <summary>Breaks the connection, both ways, when this end has sent so many bytes from now on.</summary>
    public void CutAfter(long bytes) => _bytesUntilCut = bytes;

    /// <summary>No send and no close completes until <see cref="ReleaseSends"/> or <see cref="Abort"/>.</summary>
    public void FreezeSends()
    {
        _stuck = NewSignal();
        Volatile.Write(ref _frozen, NewSignal());
    }

    /// <summary>Sends go on.</summary>
    public void ReleaseSends() => Interlocked.Exchange(ref _frozen, null)?.TrySetResult();

    /// <summary>Puts a raw message before the other end, past freezes, cuts and the log.</summary>
    public void Inject(byte[] message) => _other.Deliver(new Piece(message, true, null, Now()));

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        Enter(ref _sending, "send");
        try
        {
            await PassAsync().ConfigureAwait(false);
            byte[] copy = message.ToArray();
            if (copy.Length > _bytesUntilCut)
            {
                // What left before the cut arrives; the message never becomes whole.
                _other.Deliver(new Piece(copy[..(int)_bytesUntilCut], false, null, Now()));
                Abort();
                throw new IOException("cut");
            }

            _bytesUntilCut -= copy.Length;
            Sent.Add(copy);
            if (!_other.Deliver(new Piece(copy, true, null, Now())))
            {
                throw new IOException("The other end is gone.");
            }
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        Enter(ref _receiving, "receive");
        try
        {
            Piece piece = await CurrentAsync().ConfigureAwait(false);
            if (piece.Close is { } reason)
            {
                return new TransportRead(0, true, true, reason);
            }

            int count = Math.Min(buffer.Length, piece.Bytes.Length);
            piece.Bytes.AsSpan(0, count).CopyTo(buffer.Span);
            bool all = count == piece.Bytes.Length;
            _current = all && (!buffer.IsEmpty || count == 0) ? null : piece with { Bytes = piece.Bytes[count..] };
            return new TransportRead(count, _current is null && piece.End, false, CloseReason.Normal);
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(CloseReason reason)
    {
        try
        {
            await PassAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            return;
        }

        _other.Deliver(new Piece([], true, reason, Now()));
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _aborted.Cancel();
        _other._incoming.Writer.TryComplete(new IOException("The other end dropped the connection."));
        _incoming.Writer.TryComplete();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Enter(ref int flag, string what)
    {
        if (Interlocked.Exchange(ref flag, 1) != 0)
        {
            throw new InvalidOperationException($"Two at once: {what}.");
        }
    }

    // A real socket completes a send now at once and now later; so does this.
    private async ValueTask PassAsync()
    {
        await Task.Yield();
        if (Volatile.Read(ref _frozen) is { } frozen)
        {
            _stuck.TrySetResult();
            await frozen.Task.WaitAsync(_aborted.Token).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        }

        if (IsAborted)
        {
            throw new IOException("aborted");
        }
    }

    private long Now() => _latency > TimeSpan.Zero ? _time.GetTimestamp() : 0;

    private bool Deliver(Piece piece) => _incoming.Writer.TryWrite(piece);

    private async ValueTask<Piece> CurrentAsync()
    {
        try
        {
            if (_current is null)
            {
                Piece piece = await _incoming.Reader.ReadAsync(_aborted.Token).ConfigureAwait(false);
                TimeSpan left = _latency > TimeSpan.Zero ? _latency - _time.GetElapsedTime(piece.SentAt) : TimeSpan.Zero;
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, _time, _aborted.Token).ConfigureAwait(false);
                }

                _current = piece;
            }

            return IsAborted ? throw new IOException("aborted") : _current!;
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new IOException("The connection is lost.", e);
        }
    }

    private sealed record Piece(byte[] Bytes, bool End, CloseReason? Close, long SentAt);
}
