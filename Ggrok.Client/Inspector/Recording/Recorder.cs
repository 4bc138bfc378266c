using System.Buffers;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>
/// Keeps what passes through the tunnels, the newest, within bounds. The relay writes into it on its own threads; whoever
/// looks at it gets copies.
/// </summary>
internal sealed class Recorder
{
    private const int KeptBufferBytes = 256 * 1024;
    private const int BytesAtOnce = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? s_buffer;

    private static readonly TimeSpan LongRun = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, RecordingExchange> _active = [];
    private readonly RecordRing _ring;
    private long _lastNumber;
    private long _changes;
    private long _recorded;
    private long _cutBodies;
    private long _clears;

    public Recorder(RecorderOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        _ring = new RecordRing(options.MaxExchanges, options.MaxBytes);
        Budget = new CaptureBudget(options.MaxBytes);
        Stats = new TrafficStats(time);
    }

    /// <summary>How much is kept.</summary>
    public RecorderOptions Options { get; }

    /// <summary>Figures for the charts.</summary>
    public TrafficStats Stats { get; }

    /// <summary>Grows with every exchange that begins, is answered or ends.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>How often everything was forgotten.</summary>
    public long Clears => Volatile.Read(ref _clears);

    /// <summary>Number of the exchange that began last of those that are running or kept; 0 when there is none.</summary>
    public long LastNumber
    {
        get
        {
            lock (_lock)
            {
                long last = _active.Keys.DefaultIfEmpty().Max();
                for (int i = 0; i < _ring.Count; i++)
                {
                    last = Math.Max(last, _ring[i].Number);
                }

                return last;
            }
        }
    }

    internal TimeProvider Time { get; }

    internal CaptureBudget Budget { get; }

    /// <summary>Begins to record an exchange.</summary>
    /// <param name="origin">Where it came from.</param>
    /// <param name="envelope">The request's envelope.</param>
    public RecordingExchange Begin(ExchangeOrigin origin, ReadOnlySpan<byte> envelope)
    {
        origin = origin with { StartedAt = Time.GetUtcNow() - Time.GetElapsedTime(origin.Started) };
        var exchange = new RecordingExchange(this, Interlocked.Increment(ref _lastNumber), origin, envelope);
        lock (_lock)
        {
            exchange.Stamp = ++_changes;
            _active.Add(exchange.Number, exchange);
        }

        return exchange;
    }

    /// <summary>Adds an exchange that happened elsewhere; returns its number, whatever number it has.</summary>
    public long Add(ExchangeSnapshot exchange)
    {
        long number = Interlocked.Increment(ref _lastNumber);
        var request = new ArrayBufferWriter<byte>(1024);
        HeadWriter.Write(request, exchange.Request);
        var response = new ArrayBufferWriter<byte>(1024);
        if (exchange.Response is not null)
        {
            ResponseText.Write(response, exchange.Response);
        }

        ArrayBufferWriter<byte> record = RentBuffer();
        var writer = new RecordWriter(record);
        var origin = new ExchangeOrigin { Tunnel = exchange.Tunnel, Started = 0, StartedAt = exchange.StartedAt, Source = exchange.Source, ReplayOf = exchange.ReplayOf, OtherTarget = exchange.OtherTarget };
        writer.Begin(number, ExchangeState.Done, origin, exchange.Timings);
        writer.Outcome(exchange.Error, exchange.WasEdited, exchange.Rule);
        writer.Bytes(request.WrittenSpan);
        writer.Bytes(response.WrittenSpan);
        writer.Trailers(exchange.ResponseTrailers);
        writer.Body(exchange.RequestBody);
        int summaryLength = writer.SummaryLength;
        writer.Body(exchange.ResponseBody);
        lock (_lock)
        {
            _ring.Add(number, ++_changes, record.WrittenSpan, summaryLength);
        }

        ReturnBuffer(record);
        return number;
    }

    /// <summary>How much is kept now.</summary>
    public RecorderFill Fill
    {
        get
        {
            lock (_lock)
            {
                return new RecorderFill(_ring.Count, _ring.Bytes, _active.Count, _recorded, _ring.Evicted, _cutBodies);
            }
        }
    }

    /// <summary>Forgets everything that is over.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _ring.Clear();
            _changes++;
            _clears++;
        }
    }

    /// <summary>The exchange with a number, or null when it is not kept.</summary>
    public ExchangeSnapshot? Find(long number)
    {
        byte[]? record = null;
        RecordingExchange? running;
        lock (_lock)
        {
            _active.TryGetValue(number, out running);
            for (int i = _ring.Count - 1; i >= 0 && record is null && running is null; i--)
            {
                record = _ring[i].Number == number ? _ring.Record(i).ToArray() : null;
            }
        }

        // One that is over by now is among the kept ones.
        return record is not null ? RecordReader.Read(record, withBodies: true)
            : running is not null ? SnapshotOf(running, withBodies: true) ?? Find(number)
            : null;
    }

    /// <summary>Exchanges without their bodies, newest number first.</summary>
    /// <param name="since">Only those that changed since <see cref="Changes"/> had this value.</param>
    /// <param name="most">At most so many of those that are over, the ones that ended last.</param>
    /// <param name="leftOut">How many more there were.</param>
    public List<ExchangeSnapshot> Summaries(long since, int most, out int leftOut)
    {
        var result = new List<ExchangeSnapshot>();
        List<RecordingExchange> running;
        long below;
        lock (_lock)
        {
            running = [.. _active.Values.Where(e => e.Stamp > since)];
            below = _changes + 1;
            leftOut = Math.Max(0, _ring.Count - _ring.CountBelow(since + 1) - most);
        }

        while (result.Count < most && below > since + 1)
        {
            below = AddSummaries(result, since, below, most - result.Count);
        }

        result.AddRange(running.Select(e => SnapshotOf(e, withBodies: false) ?? Find(e.Number)).OfType<ExchangeSnapshot>());
        result.Sort((a, b) => b.Number.CompareTo(a.Number));
        return result;
    }

    /// <summary>Numbers of the exchanges that repeat one, the oldest first.</summary>
    public List<long> ReplaysOf(long number)
    {
        List<long> replays;
        lock (_lock)
        {
            replays = [.. _active.Values.Where(e => e.ReplayOf == number).Select(e => e.Number)];
            for (int i = 0; i < _ring.Count; i++)
            {
                if (RecordReader.ReplayOf(_ring.Summary(i)) == number)
                {
                    replays.Add(_ring[i].Number);
                }
            }
        }

        replays.Sort();
        return replays;
    }

    /// <summary>Exchanges that are over, in the order in which they ended: for who reads all of them.</summary>
    /// <param name="position">How many were read before; 0 at first. Moves on.</param>
    /// <param name="mostBytes">About so many bytes at once.</param>
    /// <param name="missed">How many gave way to newer ones before they could be read.</param>
    public List<ExchangeSnapshot> Ended(ref long position, int mostBytes, out long missed)
    {
        var records = new List<byte[]>();
        lock (_lock)
        {
            long oldest = _ring.Added - _ring.Count;
            missed = Math.Max(0, oldest - position);
            position = Math.Max(oldest, position);
            for (int bytes = 0; position < _ring.Added && bytes < mostBytes; position++)
            {
                byte[] record = _ring.Record((int)(position - oldest)).ToArray();
                records.Add(record);
                bytes += record.Length;
            }
        }

        return records.ConvertAll(r => RecordReader.Read(r, withBodies: true));
    }

    /// <summary>Exchanges that have been running for a while, the oldest, without their bodies.</summary>
    public IEnumerable<ExchangeSnapshot> LongRunning(int most)
    {
        List<RecordingExchange> running;
        lock (_lock)
        {
            running = [.. _active.Values.Where(e => e.Age > LongRun).OrderBy(e => e.Number).Take(most)];
        }

        return running.Select(e => SnapshotOf(e, withBodies: false)).OfType<ExchangeSnapshot>();
    }

    /// <summary>Something about a running exchange changed that people want to see at once.</summary>
    internal void Changed(RecordingExchange exchange)
    {
        lock (_lock)
        {
            exchange.Stamp = ++_changes;
        }
    }

    internal void Complete(RecordingExchange exchange, ArrayBufferWriter<byte> record, int summaryLength, in ExchangeFigures figures)
    {
        lock (_lock)
        {
            _active.Remove(exchange.Number);
            _ring.Add(exchange.Number, ++_changes, record.WrittenSpan, summaryLength);
            _recorded++;
            _cutBodies += figures.CutBodies;
        }

        ReturnBuffer(record);
        Stats.Add(figures);
    }

    internal static ArrayBufferWriter<byte> RentBuffer()
    {
        ArrayBufferWriter<byte> buffer = s_buffer ?? new ArrayBufferWriter<byte>(4096);
        s_buffer = null;
        buffer.ResetWrittenCount();
        return buffer;
    }

    private static void ReturnBuffer(ArrayBufferWriter<byte> buffer) => s_buffer = buffer.Capacity <= KeptBufferBytes ? buffer : null;

    // Reading takes long, and the relay must not wait for it: some records at a time are copied, and read behind the lock.
    // Returns the stamp below which those are that are left.
    private long AddSummaries(List<ExchangeSnapshot> result, long since, long below, int most)
    {
        ArrayBufferWriter<byte> copies = RentBuffer();
        var ends = new List<int>();
        lock (_lock)
        {
            int first = _ring.CountBelow(since + 1);
            for (int i = _ring.CountBelow(below) - 1; i >= first && ends.Count < most && copies.WrittenCount < BytesAtOnce; i--)
            {
                copies.Write(_ring.Summary(i));
                ends.Add(copies.WrittenCount);
                below = _ring[i].Stamp;
            }
        }

        int start = 0;
        foreach (int end in ends)
        {
            result.Add(RecordReader.Read(copies.WrittenSpan[start..end], withBodies: false));
            start = end;
        }

        ReturnBuffer(copies);
        return ends.Count == 0 ? 0 : below;
    }

    private static ExchangeSnapshot? SnapshotOf(RecordingExchange exchange, bool withBodies)
    {
        ArrayBufferWriter<byte> buffer = RentBuffer();
        try
        {
            return exchange.TryWrite(buffer, withBodies) ? RecordReader.Read(buffer.WrittenSpan, withBodies) : null;
        }
        finally
        {
            ReturnBuffer(buffer);
        }
    }
}

/// <summary>How much a recorder holds.</summary>
/// <param name="Kept">Exchanges that are over and can be looked at.</param>
/// <param name="Bytes">Their size in bytes.</param>
/// <param name="Active">Exchanges that are running.</param>
/// <param name="Recorded">Exchanges that ended since the start.</param>
/// <param name="Evicted">Exchanges that gave way to newer ones.</param>
/// <param name="CutBodies">Bodies of which only the beginning was kept.</param>
internal sealed record RecorderFill(int Kept, long Bytes, int Active, long Recorded, long Evicted, long CutBodies);
