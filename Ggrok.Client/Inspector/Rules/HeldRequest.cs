using System.Buffers;
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
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly TaskCompletionSource<HoldDecision?> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InboundFrame? _trailers;
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
            HoldDecision.Respond respond => new Interception { Answer = new FixedExchange(respond.Response, stream, request, recording, _body.WrittenCount) },
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
                    Keep(frame.Payload.Span);
                    recording.RequestData(frame.Payload.Span);
                    break;
                case FrameKind.Trailers:
                    _trailers = frame with { Payload = frame.Payload.ToArray() };
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

    // One behind the other: a visitor who sends byte by byte must not cost an array for each.
    private void Keep(ReadOnlySpan<byte> data)
    {
        _body.Write(data);
        bool fits = budget.TryTake(data.Length);
        _budgeted += fits ? data.Length : 0;
        _isFull = !fits || _body.WrittenCount >= MaxBodyBytes;
    }

    private Interception GoOn(RequestHead head)
    {
        ReadAgain(_body.WrittenMemory, _trailers);
        return new Interception { Request = head };
    }

    private Interception GoOn(RequestHead head, ReadOnlyMemory<byte>? newBody)
    {
        ReadOnlyMemory<byte> body = newBody ?? _body.WrittenMemory;
        recording.ReplaceRequest(head, body.Span);
        ReadAgain(body, newBody is null ? _trailers : null);
        return new Interception { Request = head };
    }

    private void ReadAgain(ReadOnlyMemory<byte> body, InboundFrame? trailers)
    {
        var frames = new List<InboundFrame>();
        for (int at = 0; at < body.Length; at += SliceBytes)
        {
            frames.Add(new InboundFrame(FrameKind.Data, body.Slice(at, Math.Min(SliceBytes, body.Length - at)), RelayError.None));
        }

        if (trailers is { } last)
        {
            frames.Add(last);
        }

        stream.ReadAgain(frames);
        recording.RequestDataAgain(body.Length);
    }
}
