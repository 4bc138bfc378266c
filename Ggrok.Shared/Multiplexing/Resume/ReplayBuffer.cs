using System.Buffers;

namespace Ggrok.Shared.Multiplexing.Resume;

/// <summary>
/// Messages that the peer may not have: kept until it says that it has, so that they can be sent again. Positions count the
/// bytes of all messages since the session began. Guarded by the lock of the <see cref="ResumableTransport"/>.
/// </summary>
internal sealed class ReplayBuffer(int limit)
{
    // A smaller message is copied: held as it is, it would keep more than twice its size.
    private const int SmallestHeld = 32 * 1024;
    private const int SmallestChunk = 1024;
    private const int LargestChunk = 32 * 1024;

    // A ring: messages come at its end and go at its beginning, and one in the middle is found by its position.
    private Entry[] _ring = new Entry[8];
    private int _head;
    private int _count;
    private Chunk? _filling;
    private int _nextChunk = SmallestChunk;

    /// <summary>Where the oldest message that is kept begins; all before it has arrived.</summary>
    public long Start { get; private set; }

    /// <summary>Where the next message will begin.</summary>
    public long End { get; private set; }

    /// <summary>Whether a message may be kept besides those that are; one alone always may.</summary>
    public bool HasRoomFor(int length) => _count == 0 || End - Start + length <= limit;

    /// <summary>Keeps a message: as it is where <paramref name="buffer"/> is given and it is worth it, else as a copy.</summary>
    public void Append(ReadOnlySpan<byte> message, MessageBuffer? buffer)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        bool isHeld = buffer is not null && message.Length >= SmallestHeld;
        _ring[(_head + _count) % _ring.Length] = isHeld ? Hold(buffer!, message.Length) : Copy(message);
        _count++;
        End += message.Length;
    }

    /// <summary>Lets go of the messages before a position. False when no message ends there, or it was never reached.</summary>
    public bool Acknowledge(long position)
    {
        if (position <= Start || position > End)
        {
            // One that comes late is no news, and no mistake.
            return position >= 0 && position <= End;
        }

        while (_count > 0 && Start < position)
        {
            Entry entry = _ring[_head];
            if (Start + entry.Length > position)
            {
                return false;
            }

            _ring[_head] = default;
            _head = (_head + 1) % _ring.Length;
            _count--;
            Start += entry.Length;
            Release(entry);
        }

        if (_count == 0)
        {
            Shrink();
        }

        return true;
    }

    /// <summary>Copies the message at a position, and moves on to the next. False when there is none.</summary>
    public bool TryCopy(ref long position, Span<byte> target, out int length)
    {
        position = Math.Max(position, Start);
        length = 0;
        if (position >= End)
        {
            return false;
        }

        Entry entry = _ring[IndexOf(position)];
        entry.Bytes.CopyTo(target);
        length = entry.Length;
        position += length;
        return true;
    }

    /// <summary>Whether a message begins or the last one ends at a position.</summary>
    public bool IsBoundary(long position) =>
        position == End || (position >= Start && position < End && _ring[IndexOf(position)].Position == position);

    /// <summary>Lets go of everything.</summary>
    public void Clear()
    {
        Acknowledge(End);
        _ring = [];
    }

    private int IndexOf(long position)
    {
        (int low, int high) = (0, _count - 1);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_ring[(_head + middle) % _ring.Length].Position <= position)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return (_head + low) % _ring.Length;
    }

    private Entry Hold(MessageBuffer buffer, int length)
    {
        buffer.Hold();
        return new Entry(End, buffer, 0, length);
    }

    private Entry Copy(ReadOnlySpan<byte> message)
    {
        if (_filling is null || _filling.Bytes.Length - _filling.Used < message.Length)
        {
            Retire();
            _filling = new Chunk(ArrayPool<byte>.Shared.Rent(Math.Max(_nextChunk, message.Length)));
            _nextChunk = Math.Min(_nextChunk * 2, LargestChunk);
        }

        message.CopyTo(_filling.Bytes.AsSpan(_filling.Used));
        var entry = new Entry(End, _filling, _filling.Used, message.Length);
        _filling.Used += message.Length;
        _filling.Kept++;
        return entry;
    }

    private void Release(Entry entry)
    {
        if (entry.Owner is MessageBuffer buffer)
        {
            buffer.Release();
        }
        else if (entry.Owner is Chunk chunk && --chunk.Kept == 0)
        {
            chunk.Used = 0;
            if (chunk != _filling)
            {
                ArrayPool<byte>.Shared.Return(chunk.Bytes);
            }
        }
    }

    // The chunk takes no more; it goes back with the last message in it.
    private void Retire()
    {
        if (_filling is { Kept: 0 } empty)
        {
            ArrayPool<byte>.Shared.Return(empty.Bytes);
        }

        _filling = null;
    }

    // What a load needed, a quiet session does not keep.
    private void Shrink()
    {
        Retire();
        _nextChunk = SmallestChunk;
        if (_ring.Length > 64)
        {
            _ring = new Entry[8];
            _head = 0;
        }
    }

    private void Grow()
    {
        var larger = new Entry[Math.Max(8, _ring.Length * 2)];
        for (int i = 0; i < _count; i++)
        {
            larger[i] = _ring[(_head + i) % _ring.Length];
        }

        _ring = larger;
        _head = 0;
    }

    private readonly record struct Entry(long Position, object Owner, int Offset, int Length)
    {
        public ReadOnlySpan<byte> Bytes =>
            (Owner is MessageBuffer buffer ? buffer.Bytes : ((Chunk)Owner).Bytes).AsSpan(Offset, Length);
    }

    /// <summary>Many small messages.</summary>
    private sealed class Chunk(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Used { get; set; }

        /// <summary>Messages in it that are kept still.</summary>
        public int Kept { get; set; }
    }
}
