using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Channels;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Relay.Datagrams;

/// <summary>
/// The datagrams of one peer over one stream. What the stream cannot take at once waits in a short queue; what does not fit
/// there is dropped and counted, as a network does.
/// </summary>
public sealed class DatagramFlow
{
    private const int MostQueued = 128;
    private const int MostQueuedBytes = 512 * 1024;

    private readonly MuxStream _stream;
    private readonly byte[]? _open;
    private readonly Func<ReadOnlyMemory<byte>, ValueTask> _deliver;
    private readonly DatagramBudget _budget;
    private readonly TimeProvider _time;
    private readonly Pacing? _pacing;
    private readonly Channel<(byte[] Buffer, int Length)> _queue = Channel.CreateBounded<(byte[], int)>(
        new BoundedChannelOptions(MostQueued) { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly long _started;
    private long _lastActivity;
    private int _queuedBytes;
    private long _dropped;
    private long _offered;
    private long _delivered;
    private volatile bool _completed;

    /// <param name="stream">The stream.</param>
    /// <param name="open">Payload of the frame that opens the stream; null when the peer opened it.</param>
    /// <param name="deliver">Sends a datagram that came out of the stream; its memory is valid until the task completes.</param>
    /// <param name="budget">What this and other flows share.</param>
    /// <param name="time">Clock.</param>
    /// <param name="pacing">How fast bytes may go, where the peer is a visitor; null for as fast as they can.</param>
    public DatagramFlow(
        MuxStream stream, byte[]? open, Func<ReadOnlyMemory<byte>, ValueTask> deliver, DatagramBudget budget, TimeProvider time, Pacing? pacing = null)
    {
        _pacing = pacing;
        _stream = stream;
        _open = open;
        _deliver = deliver;
        _budget = budget;
        _time = time;
        _started = time.GetTimestamp();
        _lastActivity = _started;
    }

    /// <summary>How the flow failed, or <see cref="RelayError.None"/>.</summary>
    public RelayError Error => _stream.Error;

    /// <summary>Time since the last datagram in either direction.</summary>
    public TimeSpan Idle => _time.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>Time since the first datagram.</summary>
    public TimeSpan Lived => _time.GetElapsedTime(_started);

    /// <summary>Datagrams that found the queue full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Payload bytes taken in by <see cref="Offer"/>, dropped ones not counted.</summary>
    public long BytesOffered => Volatile.Read(ref _offered);

    /// <summary>Payload bytes that came out of the stream.</summary>
    public long BytesDelivered => Volatile.Read(ref _delivered);

    /// <summary>
    /// Takes a datagram for the stream, at most 65,535 bytes; returns at once. False when the flow is ending: the datagram
    /// belongs to the next one.
    /// </summary>
    public bool Offer(ReadOnlySpan<byte> datagram)
    {
        if (_completed)
        {
            return false;
        }

        Touch();
        int length = DatagramReader.PrefixBytes + datagram.Length;
        if (!TryTakeRoom(length))
        {
            Interlocked.Increment(ref _dropped);
            return true;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)datagram.Length);
        datagram.CopyTo(buffer.AsSpan(DatagramReader.PrefixBytes));
        if (_queue.Writer.TryWrite((buffer, length)))
        {
            Volatile.Write(ref _offered, _offered + datagram.Length);
            return true;
        }

        GiveBack(buffer, length);
        if (_completed)
        {
            return false;
        }

        Interlocked.Increment(ref _dropped);
        return true;
    }

    /// <summary>No more datagrams are taken: ends the stream once the queued ones have left.</summary>
    public void Complete()
    {
        _completed = true;
        _queue.Writer.TryComplete();
    }

    /// <summary>Runs until the stream is over in both directions; never throws.</summary>
    public async Task RunAsync()
    {
        Task sending = SendAsync();
        await ReceiveAsync().ConfigureAwait(false);
        Complete();
        await sending.ConfigureAwait(false);
    }

    private async Task SendAsync()
    {
        if (_open is not null)
        {
            await _stream.WriteAsync(FrameKind.Open, _open).ConfigureAwait(false);
        }

        await foreach ((byte[] buffer, int length) in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (_pacing?.FromVisitor is { } pace)
            {
                await pace.WaitAsync(length, _stream).ConfigureAwait(false);
            }

            await _stream.WriteAsync(FrameKind.Data, buffer.AsMemory(0, length)).ConfigureAwait(false);
            GiveBack(buffer, length);
        }

        await _stream.WriteEndAsync().ConfigureAwait(false);
    }

    private async Task ReceiveAsync()
    {
        var reader = new DatagramReader();
        while (true)
        {
            InboundFrame frame = await _stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind != FrameKind.Data)
            {
                if (frame.Kind is not (FrameKind.End or FrameKind.Reset))
                {
                    _stream.Reset(RelayError.RequestInvalid);
                }

                return;
            }

            ReadOnlyMemory<byte> rest = frame.Payload;
            while (reader.TryRead(ref rest, out ReadOnlyMemory<byte> datagram))
            {
                Touch();
                if (_pacing?.ToVisitor is { } pace)
                {
                    await pace.WaitAsync(datagram.Length, _stream).ConfigureAwait(false);
                }

                Volatile.Write(ref _delivered, _delivered + datagram.Length);
                await DeliverAsync(datagram).ConfigureAwait(false);
            }

            _stream.Advance();
        }
    }

    private async ValueTask DeliverAsync(ReadOnlyMemory<byte> datagram)
    {
        try
        {
            await _deliver(datagram).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Too large for the way, or nobody there: a datagram may be lost.
            Interlocked.Increment(ref _dropped);
        }
    }

    private bool TryTakeRoom(int length)
    {
        if (Interlocked.Add(ref _queuedBytes, length) <= MostQueuedBytes && _budget.TryTake(length))
        {
            return true;
        }

        Interlocked.Add(ref _queuedBytes, -length);
        return false;
    }

    private void GiveBack(byte[] buffer, int length)
    {
        Interlocked.Add(ref _queuedBytes, -length);
        _budget.Return(length);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Touch() => Volatile.Write(ref _lastActivity, _time.GetTimestamp());
}
