using System.Buffers;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>The first bytes of one direction while it flows, and when they arrived. Not safe for use by several threads at once.</summary>
internal struct Capture
{
    private const int MostMarks = 1024;
    private const int SmallestBuffer = 512;

    // What arrives within it arrived at once, as far as people can tell.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(1);

    private byte[]? _buffer;
    private int _count;
    private ArrivalMark _first;
    private List<ArrivalMark>? _more;

    /// <summary>Bytes that passed, kept or not.</summary>
    public long Total { get; private set; }

    /// <summary>There was more than was kept.</summary>
    public readonly bool IsCut => Total > _count;

    /// <summary>The kept bytes.</summary>
    public readonly ReadOnlySpan<byte> Kept => _buffer.AsSpan(0, _count);

    /// <summary>How many marks there are.</summary>
    public readonly int MarkCount => _count == 0 ? 0 : 1 + (_more?.Count ?? 0);

    /// <summary>A mark, in order.</summary>
    public readonly ArrivalMark Mark(int index) => index == 0 ? _first : _more![index - 1];

    /// <summary>Keeps what still fits.</summary>
    /// <param name="bytes">What passes.</param>
    /// <param name="at">When, since the exchange began.</param>
    /// <param name="limit">How many bytes may be kept of this direction.</param>
    /// <param name="budget">How many may be kept of all.</param>
    public void Add(ReadOnlySpan<byte> bytes, TimeSpan at, int limit, CaptureBudget budget)
    {
        bool isWhole = Total == _count;
        Total += bytes.Length;
        int room = Math.Min(limit - _count, bytes.Length);

        // Once bytes were left out, what follows them is not the beginning any more.
        if (room <= 0 || !isWhole || !TryMakeRoom(room, limit, budget))
        {
            return;
        }

        bytes[..room].CopyTo(_buffer.AsSpan(_count));
        _count += room;
        AddMark(new ArrivalMark(_count, at));
    }

    /// <summary>Forgets the bytes and gives their memory back.</summary>
    public void Release(CaptureBudget budget)
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _count = 0;
            budget.Return(buffer.Length);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void AddMark(ArrivalMark mark)
    {
        if (_first.End == 0 || (_more is null && mark.At - _first.At < Together))
        {
            _first = mark with { At = _first.End == 0 ? mark.At : _first.At };
            return;
        }

        _more ??= [];
        if (_more.Count > 0 && (mark.At - _more[^1].At < Together || _more.Count >= MostMarks))
        {
            _more[^1] = mark with { At = _more[^1].At };
            return;
        }

        _more.Add(mark);
    }

    private bool TryMakeRoom(int bytes, int limit, CaptureBudget budget)
    {
        int needed = _count + bytes;
        if (_buffer is not null && needed <= _buffer.Length)
        {
            return true;
        }

        int wanted = Math.Max(SmallestBuffer, _buffer is null ? needed : Math.Min(Math.Max(needed, _buffer.Length * 2), limit));
        byte[] larger = ArrayPool<byte>.Shared.Rent(wanted);
        if (!budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }

        int count = _count;
        Kept.CopyTo(larger);
        Release(budget);
        _buffer = larger;
        _count = count;
        return true;
    }
}
