namespace Ggrok.Client.Inspector.Recording;

/// <summary>
/// Records one behind the other in one block of memory; the oldest give way to new ones. Not safe for use by several
/// threads at once.
/// </summary>
internal sealed class RecordRing
{
    private readonly byte[] _memory;
    private readonly Entry[] _entries;
    private int _first;
    private int _count;
    private int _end;

    public RecordRing(int maxRecords, int maxBytes)
    {
        // Pages that are not used yet are not in memory yet.
        _memory = GC.AllocateUninitializedArray<byte>(maxBytes);
        _entries = new Entry[maxRecords];
    }

    /// <summary>Records that are kept.</summary>
    public int Count => _count;

    /// <summary>Their size in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Records that gave way to newer ones, or were too large.</summary>
    public long Evicted { get; private set; }

    /// <summary>Records that were ever kept.</summary>
    public long Added { get; private set; }

    /// <summary>Adds a record as the newest.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="stamp">Greater than those of all others.</param>
    /// <param name="record">The record.</param>
    /// <param name="summaryLength">So many of its first bytes are its summary.</param>
    public void Add(long number, long stamp, ReadOnlySpan<byte> record, int summaryLength)
    {
        if (record.Length > _memory.Length)
        {
            Evicted++;
            return;
        }

        if (_count == _entries.Length)
        {
            Evict();
        }

        int offset = MakeRoom(record.Length);
        record.CopyTo(_memory.AsSpan(offset));
        _entries[(_first + _count) % _entries.Length] = new Entry(number, stamp, offset, record.Length, summaryLength);
        _count++;
        Added++;
        _end = offset + record.Length;
        Bytes += record.Length;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _first = _count = _end = 0;
        Bytes = 0;
    }

    /// <summary>Number and stamp of a record; 0 is the oldest.</summary>
    public (long Number, long Stamp) this[int index]
    {
        get
        {
            ref readonly Entry entry = ref At(index);
            return (entry.Number, entry.Stamp);
        }
    }

    /// <summary>A record, until something is added.</summary>
    public ReadOnlySpan<byte> Record(int index)
    {
        ref readonly Entry entry = ref At(index);
        return _memory.AsSpan(entry.Offset, entry.Length);
    }

    /// <summary>The beginning of a record, until something is added.</summary>
    public ReadOnlySpan<byte> Summary(int index)
    {
        ref readonly Entry entry = ref At(index);
        return _memory.AsSpan(entry.Offset, entry.SummaryLength);
    }

    /// <summary>How many records have a stamp below one; they are the oldest.</summary>
    public int CountBelow(long stamp)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle).Stamp < stamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private ref readonly Entry At(int index) => ref _entries[(_first + index) % _entries.Length];

    // A record is never split: where it does not fit before the end of the memory, the rest of that stays unused.
    private int MakeRoom(int length)
    {
        while (true)
        {
            if (_count == 0)
            {
                return 0;
            }

            int oldest = _entries[_first].Offset;
            if (_end > oldest)
            {
                if (_memory.Length - _end >= length)
                {
                    return _end;
                }

                if (oldest >= length)
                {
                    return 0;
                }
            }
            else if (oldest - _end >= length)
            {
                return _end;
            }

            Evict();
        }
    }

    private void Evict()
    {
        Bytes -= _entries[_first].Length;
        _first = (_first + 1) % _entries.Length;
        _count--;
        Evicted++;
    }

    private readonly record struct Entry(long Number, long Stamp, int Offset, int Length, int SummaryLength);
}
