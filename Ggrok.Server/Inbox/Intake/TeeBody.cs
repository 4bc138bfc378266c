using System.Buffers;
using System.IO.Pipelines;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>A request body that passes, and of which a copy is kept in case that it has to be stored. One that is too large is not kept.</summary>
/// <param name="inner">The body.</param>
/// <param name="copy">Where its bytes are kept.</param>
internal sealed class TeeBody(PipeReader inner, HeldBody copy) : PipeReader
{
    // Dropped by who sends the response, while the relay may still read.
    private readonly Lock _gate = new();
    private ReadOnlySequence<byte> _read;
    private bool _isLast;
    private bool _isDropped;

    /// <summary>All that was read is kept.</summary>
    public bool IsKept
    {
        get
        {
            lock (_gate)
            {
                return !_isDropped;
            }
        }
    }

    /// <summary>The body was read to its end.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>There is a response: the copy is needed no more.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _isDropped = true;
            copy.Dispose();
        }
    }

    public override void AdvanceTo(SequencePosition consumed)
    {
        Keep(consumed);
        inner.AdvanceTo(consumed);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Keep(consumed);
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        Remember(result);
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        Remember(result);
        return result;
    }

    private void Remember(ReadResult result)
    {
        _read = result.Buffer;
        _isLast = result.IsCompleted;
    }

    private void Keep(SequencePosition consumed)
    {
        ReadOnlySequence<byte> bytes = _read.Slice(0, consumed);
        lock (_gate)
        {
            if (!_isDropped && copy.Add(bytes) != RelayError.None)
            {
                _isDropped = true;
                copy.Dispose();
            }
        }

        IsWhole |= _isLast && bytes.Length == _read.Length;
        _read = default;
    }
}
