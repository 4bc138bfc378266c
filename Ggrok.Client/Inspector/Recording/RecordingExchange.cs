using System.Buffers;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>
/// Notes what happens to one running exchange. The relay calls it on its own threads, so nothing here waits, and what is
/// kept is bounded. Calls after <see cref="Complete"/> are ignored.
/// </summary>
internal sealed class RecordingExchange
{
    // Enough to tell whose webhook it is.
    private const int MostOfSummary = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly Recorder _recorder;
    private readonly ExchangeOrigin _origin;
    private readonly RecordedHead _request = new();
    private readonly RecordedHead _response = new();
    private List<HeaderField>? _trailers;
    private Capture _requestBody;
    private Capture _responseBody;
    private ExchangeTimings _timings;
    private TimeSpan _holdBegan;
    private RelayError _error;
    private string? _rule;
    private bool _isEdited;
    private bool _isHeld;
    private bool _isOver;
    private int _limit;
    private long _notedAhead;

    internal RecordingExchange(Recorder recorder, long number, in ExchangeOrigin origin, ReadOnlySpan<byte> envelope)
    {
        _recorder = recorder;
        _origin = origin;
        _request.Set(envelope);
        _limit = recorder.Options.MaxBodyBytes;
        _timings = new ExchangeTimings { AtServer = origin.AtServer, TunnelRoundTrip = origin.TunnelRoundTrip };
        Number = number;
    }

    /// <summary>Counts from 1 within one run of the client.</summary>
    public long Number { get; }

    /// <summary>Value of <see cref="Recorder.Changes"/> at the last change that people want to see at once.</summary>
    internal long Stamp { get; set; }

    /// <summary>Number of the exchange that it repeats; 0 when it repeats none.</summary>
    internal long ReplayOf => _origin.ReplayOf ?? 0;

    /// <summary>How long ago it began.</summary>
    internal TimeSpan Age => Elapsed();

    /// <summary>A part of the request's body arrived.</summary>
    public void RequestData(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            int again = (int)Math.Min(_notedAhead, data.Length);
            _notedAhead -= again;
            data = data[again..];
            if (!_isOver && !data.IsEmpty)
            {
                _requestBody.Add(data, Elapsed(), _limit, _recorder.Budget);
            }
        }
    }

    /// <summary>So many bytes of the request's body were noted already, and will be told again when they are sent.</summary>
    public void RequestDataAgain(long bytes)
    {
        lock (_lock)
        {
            _notedAhead = bytes;
        }
    }

    /// <summary>A new connection to the local service is needed.</summary>
    public void Connecting() => Note(Elapsed(), static (t, at) => t with { ConnectBegan = at, Connected = null });

    /// <summary>There is a connection to the local service.</summary>
    public void Connected() => Note(Elapsed(), static (t, at) => t with { Connected = at });

    /// <summary>The request was written, with its body.</summary>
    public void RequestSent() => Note(Elapsed(), static (t, at) => t with { RequestSent = at });

    /// <summary>The response head is there.</summary>
    /// <param name="head">Status line and field lines as in HTTP/1.1, the empty line included.</param>
    /// <param name="carriesMessages">What follows are messages over a long time: more of it is kept.</param>
    public void Responding(ReadOnlySpan<byte> head, bool carriesMessages)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _response.Set(head);
            _timings = _timings with { FirstByte = Elapsed() };
            if (carriesMessages)
            {
                _limit = _recorder.Options.MaxMessageBytes;
            }
        }

        _recorder.Changed(this);
    }

    /// <summary>A part of the response's body arrived.</summary>
    public void ResponseData(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _responseBody.Add(data, Elapsed(), _limit, _recorder.Budget);
            }
        }
    }

    /// <summary>The response had trailers.</summary>
    public void ResponseTrailers(List<HeaderField> trailers)
    {
        lock (_lock)
        {
            _trailers = trailers;
        }
    }

    /// <summary>A rule acts on the request.</summary>
    /// <param name="rule">Its name.</param>
    /// <param name="hold">The request waits from now on.</param>
    public void RuleActs(string rule, bool hold)
    {
        lock (_lock)
        {
            _rule = rule;
            _isHeld = hold;
            _holdBegan = Elapsed();
        }

        _recorder.Changed(this);
    }

    /// <summary>The request waits no more.</summary>
    public void Released()
    {
        lock (_lock)
        {
            _isHeld = false;
            _timings = _timings with { Held = _timings.Held + Elapsed() - _holdBegan };
        }

        _recorder.Changed(this);
    }

    /// <summary>The local service gets another request than the one that arrived.</summary>
    public void ReplaceRequest(RequestHead request, ReadOnlySpan<byte> body)
    {
        var envelope = new ArrayBufferWriter<byte>(1024);
        HeadWriter.Write(envelope, request);
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isEdited = true;
            _request.Set(envelope.WrittenSpan);
            _requestBody.Release(_recorder.Budget);
            _requestBody = default;
            _requestBody.Add(body, Elapsed(), _limit, _recorder.Budget);
        }
    }

    /// <summary>Everything is over.</summary>
    /// <param name="error"><see cref="RelayError.None"/>, or how it failed.</param>
    /// <param name="status">Status of the response; 0 when there was none.</param>
    public void Complete(RelayError error, int status)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            TimeSpan ended = Elapsed();
            _error = error;
            _isHeld = false;
            _timings = _timings with { Ended = ended };
            ArrayBufferWriter<byte> record = Recorder.RentBuffer();
            int summaryLength = Write(record, isDone: true);
            _isOver = true;

            // Within the lock: whoever finds it over here finds it among the kept ones.
            _recorder.Complete(this, record, summaryLength, new ExchangeFigures(_origin.StartedAt + ended, ended, status, error, _requestBody.Total, _responseBody.Total)
            {
                CutBodies = (_requestBody.IsCut ? 1 : 0) + (_responseBody.IsCut ? 1 : 0),
            });
            _request.Release();
            _response.Release();
            _requestBody.Release(_recorder.Budget);
            _responseBody.Release(_recorder.Budget);
        }
    }

    /// <summary>Writes a record of how far it is; false when it is over.</summary>
    internal bool TryWrite(ArrayBufferWriter<byte> output, bool withBodies)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                Write(output, isDone: false, withBodies);
            }

            return !_isOver;
        }
    }

    // Returns the length of the summary.
    private int Write(ArrayBufferWriter<byte> output, bool isDone, bool withBodies = true)
    {
        var writer = new RecordWriter(output);
        writer.Begin(Number, isDone ? ExchangeState.Done : _isHeld ? ExchangeState.Held : ExchangeState.Active, _origin, _timings);
        writer.Outcome(_error, _isEdited, _rule);
        writer.Bytes(_request.Bytes);
        writer.Bytes(_response.Bytes);
        writer.Trailers(_trailers);
        if (withBodies)
        {
            writer.Body(in _requestBody);
        }
        else
        {
            writer.Beginning(in _requestBody, MostOfSummary);
        }

        int summaryLength = writer.SummaryLength;
        if (withBodies)
        {
            writer.Body(in _responseBody);
        }
        else
        {
            writer.Beginning(in _responseBody, 0);
        }

        return summaryLength;
    }

    private void Note(TimeSpan at, Func<ExchangeTimings, TimeSpan, ExchangeTimings> change)
    {
        lock (_lock)
        {
            _timings = change(_timings, at);
        }
    }

    private TimeSpan Elapsed() => _recorder.Time.GetElapsedTime(_origin.Started);
}
