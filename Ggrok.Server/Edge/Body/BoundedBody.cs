using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Edge.Body;

/// <summary>
/// A request body that must be small enough and here in time: reads beyond that fail as Kestrel's own limits do, with status
/// 413 or 408. Kestrel's limit is not used, since it counts what frames the chunks, too.
/// </summary>
internal sealed class BoundedBody : PipeReader, IDisposable
{
    private readonly PipeReader _inner;
    private readonly long _most;
    private readonly CancellationTokenSource? _expiry;
    private ReadOnlySequence<byte> _read;
    private long _consumed;

    /// <param name="inner">The body.</param>
    /// <param name="most">Largest size in bytes.</param>
    /// <param name="limit">Time from now until its end; null for any.</param>
    /// <param name="time">Clock.</param>
    public BoundedBody(PipeReader inner, long most, TimeSpan? limit, TimeProvider time)
    {
        _inner = inner;
        _most = most;
        _expiry = limit is { } span ? new CancellationTokenSource(span, time) : null;
    }

    public override void AdvanceTo(SequencePosition consumed)
    {
        Count(consumed);
        _inner.AdvanceTo(consumed);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Count(consumed);
        _inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
        {
            return false;
        }

        result = Checked(result);
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_expiry is null)
        {
            return Checked(await _inner.ReadAsync(cancellationToken).ConfigureAwait(false));
        }

        if (!cancellationToken.CanBeCanceled)
        {
            return await ReadInTimeAsync(_expiry.Token, default).ConfigureAwait(false);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(_expiry.Token, cancellationToken);
        return await ReadInTimeAsync(either.Token, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _expiry?.Dispose();

    private async ValueTask<ReadResult> ReadInTimeAsync(CancellationToken either, CancellationToken readers)
    {
        try
        {
            return Checked(await _inner.ReadAsync(either).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_expiry!.IsCancellationRequested && !readers.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The request body did not arrive in time.", StatusCodes.Status408RequestTimeout);
        }
    }

    private ReadResult Checked(ReadResult result)
    {
        _read = result.Buffer;
        if (_consumed + _read.Length <= _most)
        {
            return result;
        }

        // Kestrel wants each read to be advanced before it ends the request.
        _inner.AdvanceTo(_read.End);
        _read = default;
        throw new BadHttpRequestException("The request body is too large.", StatusCodes.Status413PayloadTooLarge);
    }

    private void Count(SequencePosition consumed)
    {
        _consumed += _read.Slice(0, consumed).Length;
        _read = default;
    }
}

/// <summary>Says from where a request body is read.</summary>
/// <param name="reader">The reader.</param>
internal sealed class BodyFeature(PipeReader reader) : IRequestBodyPipeFeature
{
    public PipeReader Reader => reader;
}
