using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>
/// A request that waits for somebody's decision. Its body is taken in meanwhile, up to a bound, so that it can be looked at;
/// when it goes on, the stream gives what was taken in a second time, and the relay notices nothing.
/// </summary>
internal sealed class HeldRequest(ActiveRule rule, MuxStream stream, RequestHead request, RecordingExchange recording, CaptureBudget budget)
{
    /// <summary>So many bytes of a body are taken in.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private const int SliceBytes = ProtocolLimits.MaxDataBytes;

    private readonly Lock _lock = new();
    private readonly List<InboundFrame> _frames = [];
    private readonly TaskCompletionSource<HoldDecision?> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private int _budgeted;
    private bool _isFull;
    private bool _isWhole = !request.HasBody;
    private bool _isOver;

    /// <summary>The rule that holds it.</summary>
    public ActiveRule Rule => rule;

    /// <summary>The request.</summary>
    public RequestHead Request => request;

    /// <summary>Number of the exchange.</summary>
    public long Number => recording.Number;

    /// <summary>Decides, once.</summary>
    public HoldOutcome Decide(HoldDecision decision)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return HoldOutcome.NotHeld;
            }

            if (!_isWhole && decision is HoldDecision.Continue { Body: not null })
            {
                return HoldOutcome.BodyNotWhole;
            }

            _isOver = true;
        }

        _decision.SetResult(decision);
        return HoldOutcome.Done;
    }

    /// <summary>Waits for the decision, or for the visitor to leave, and carries it out.</summary>
    public async Task<Interception> RunAsync()
    {
        recording.RuleActs(rule.Rule.Name, hold: true);
        HoldDecision? decision;
        await using (stream.Aborted.UnsafeRegister(static s => ((HeldRequest)s!).Leave(), this).ConfigureAwait(false))
        {
            Task taking = request.HasBody ? TakeInAsync() : Task.CompletedTask;
            decision = await _decision.Task.ConfigureAwait(false);
            stream.InterruptRead();
            await taking.ConfigureAwait(false);
        }

        recording.Released();
        budget.Return(_budgeted);
        return decision switch
        {
            HoldDecision.Continue { Request: { } head } edited => GoOn(head, edited.Body),
            HoldDecision.Continue => GoOn(request),
            HoldDecision.Respond respond => new Interception { Answer = new FixedExchange(respond.Response, stream, request, recording, _bytes) },
            HoldDecision.Abort => new Interception { Error = RelayError.LocalCancelled },
            _ => new Interception { Error = stream.Error },
        };
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
        }

        _decision.SetResult(null);
    }

    private async Task TakeInAsync()
    {
        await Continuing.SendAsync(stream, request).ConfigureAwait(false);
        while (TryRead(out ValueTask<InboundFrame> reading))
        {
            InboundFrame frame = await reading.ConfigureAwait(false);
            switch (frame.Kind)
            {
                case FrameKind.Data:
                    Keep(frame);
                    Count(frame.Payload.Length);
                    recording.RequestData(frame.Payload.Span);
                    break;
                case FrameKind.Trailers:
                    Keep(frame);
                    break;
                case FrameKind.End:
                    lock (_lock)
                    {
                        _isWhole = true;
                    }

                    return;
                default:
                    // Interrupted, or reset: the one who decided, or the stream, knows what comes next.
                    return;
            }

            stream.Advance();
        }
    }

    // Within the lock: who decides finds either no more reading, or one that can be interrupted.
    private bool TryRead(out ValueTask<InboundFrame> reading)
    {
        lock (_lock)
        {
            bool wanted = !_isOver && !_isFull;
            reading = wanted ? stream.ReadAsync() : default;
            return wanted;
        }
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        bool fits = budget.TryTake(bytes);
        _budgeted += fits ? bytes : 0;
        _isFull = !fits || _bytes >= MaxBodyBytes;
    }

    private void Keep(InboundFrame frame) => _frames.Add(frame with { Payload = frame.Payload.ToArray() });

    private Interception GoOn(RequestHead head)
    {
        stream.ReadAgain(_frames);
        recording.RequestDataAgain(_bytes);
        return new Interception { Request = head };
    }

    private Interception GoOn(RequestHead head, ReadOnlyMemory<byte>? newBody)
    {
        ReadOnlyMemory<byte> body = newBody ?? Taken();
        recording.ReplaceRequest(head, body.Span);
        if (newBody is not null)
        {
            _frames.Clear();
            for (int at = 0; at < body.Length; at += SliceBytes)
            {
                _frames.Add(new InboundFrame(FrameKind.Data, body.Slice(at, Math.Min(SliceBytes, body.Length - at)), RelayError.None));
            }
        }

        _bytes = body.Length;
        return GoOn(head);
    }

    private byte[] Taken()
    {
        byte[] bytes = new byte[_bytes];
        int at = 0;
        foreach (InboundFrame frame in _frames.Where(f => f.Kind == FrameKind.Data))
        {
            frame.Payload.CopyTo(bytes.AsMemory(at));
            at += frame.Payload.Length;
        }

        return bytes;
    }
}
