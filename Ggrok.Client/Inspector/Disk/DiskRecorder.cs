using System.Buffers;
using System.Globalization;
using Ggrok.Client.Inspector.Export;
using Ggrok.Client.Inspector.Har;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Disk;

/// <summary>
/// Writes every exchange that is over to disk. It follows the recorder some times a second, so the relay knows nothing of
/// it; what leaves the recorder before it was written is counted, and told.
/// </summary>
internal sealed class DiskRecorder : IAsyncDisposable
{
    private const int BytesAtOnce = 4 * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly RecordOptions _options;
    private readonly Recorder _recorder;
    private readonly Redaction? _redaction;
    private readonly TimeProvider _time;
    private readonly Action<string> _tell;
    private readonly HarFolder _folder;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly ArrayBufferWriter<byte> _entry = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _batch = new(64 * 1024);
    private long _position;
    private long _inBatch;
    private long _missed;
    private long _tooLarge;
    private bool _fails;
    private bool _hasTold;
    private long _failedAt;

    /// <param name="options">Where and how much.</param>
    /// <param name="recorder">What is followed.</param>
    /// <param name="redaction">Takes the secrets out.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tell">Receives what people should know.</param>
    public DiskRecorder(RecordOptions options, Recorder recorder, Redaction redaction, TimeProvider time, Action<string> tell)
    {
        _options = options;
        _recorder = recorder;
        _redaction = options.WithSecrets ? null : redaction;
        _time = time;
        _tell = tell;
        _folder = new HarFolder(options, time);
        _running = Task.Run(FollowAsync);
    }

    /// <summary>Writes what is over by now, and says how many exchanges are missing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        using var clock = new PeriodicTimer(Pause, _time);
        using HarFolder folder = _folder;
        bool isLast;
        do
        {
            try
            {
                await clock.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // What ended until now is still written.
            }

            isLast = _stopping.IsCancellationRequested;
            WriteWhatEnded();
        }
        while (!isLast);
        TellMissing();
    }

    private void WriteWhatEnded()
    {
        bool waits = _fails && _time.GetElapsedTime(_failedAt) < AfterFailure && !_stopping.IsCancellationRequested;
        List<ExchangeSnapshot> ended;
        while (!waits && (ended = Next()).Count > 0)
        {
            // What came from a file is on disk already.
            foreach (ExchangeSnapshot exchange in ended.Where(e => e.Source != ExchangeSource.Import))
            {
                Add(exchange);
            }

            Flush();
            waits = _fails;
        }
    }

    private List<ExchangeSnapshot> Next()
    {
        List<ExchangeSnapshot> ended = _recorder.Ended(ref _position, BytesAtOnce, out long missed);
        _missed += missed;
        if (missed > 0 && !_hasTold)
        {
            _hasTold = true;
            _tell($"Requests come faster than they can be recorded in {_options.Folder}; some are missing there.");
        }

        return ended;
    }

    private void Add(ExchangeSnapshot exchange)
    {
        _entry.ResetWrittenCount();
        try
        {
            HarWriter.Write(_entry, _redaction?.Apply(exchange) ?? exchange);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug must cost one entry, not the recording.
            _missed++;
            return;
        }

        if (_entry.WrittenCount > _folder.LargestEntry)
        {
            _tooLarge++;
            return;
        }

        if (_batch.WrittenCount + _entry.WrittenCount > Math.Min(_folder.UsualSize, BytesAtOnce))
        {
            Flush();
        }

        _batch.Write(_inBatch == 0 ? ""u8 : ",\n"u8);
        _batch.Write(_entry.WrittenSpan);
        _inBatch++;
    }

    private void Flush()
    {
        if (_inBatch == 0)
        {
            return;
        }

        try
        {
            _folder.Append(_batch.WrittenSpan);
            _fails = false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, the tunnels go on.
            _missed += _inBatch;
            _failedAt = _time.GetTimestamp();
            _fails = true;
            if (!_hasTold)
            {
                _hasTold = true;
                _tell($"Requests cannot be recorded in {_options.Folder}: {e.Message} The tunnels are not affected; recording goes on when it can.");
            }
        }

        _batch.ResetWrittenCount();
        _inBatch = 0;
    }

    private void TellMissing()
    {
        if (_missed > 0)
        {
            _tell(string.Create(CultureInfo.InvariantCulture, $"{_missed} requests are not recorded in {_options.Folder}."));
        }

        if (_tooLarge > 0)
        {
            _tell(string.Create(CultureInfo.InvariantCulture, $"{_tooLarge} requests were too large to be recorded; allow more with --record-size, or less of each with --inspect-body."));
        }
    }
}
