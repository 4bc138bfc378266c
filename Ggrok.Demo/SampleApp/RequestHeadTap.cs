using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Demo.SampleApp;

/// <summary>
/// Keeps the last bytes that Kestrel took from a connection, to show a request's fields as they came: in their order,
/// with their letters and repeats. Kestrel's own collection sorts the well-known ones first.
/// </summary>
internal sealed class RequestHeadTap(PipeReader inner) : PipeReader
{
    private const int Kept = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _taken = new();
    private ReadOnlySequence<byte> _buffer;

    /// <summary>Connection middleware: sets the tap as a feature of the connection.</summary>
    public static ConnectionDelegate Attach(ConnectionDelegate next) => context =>
    {
        var tap = new RequestHeadTap(context.Transport.Input);
        context.Transport = new Duplex(tap, context.Transport.Output);
        context.Features.Set(tap);
        return next(context);
    };

    /// <summary>The field lines of the current request, as sent. To be called before its body is read.</summary>
    public IEnumerable<(string Name, string Value)> Fields(IHttpRequestFeature request)
    {
        string taken = Encoding.Latin1.GetString(_taken.WrittenSpan);
        string start = $"{request.Method} {request.RawTarget} {request.Protocol}\r\n";
        int from = taken.LastIndexOf(start, StringComparison.Ordinal);
        string[] lines = from < 0 ? [] : taken[(from + start.Length)..].Split("\r\n");
        foreach (string line in lines.TakeWhile(l => l.Length > 0))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            yield return (line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        _buffer = result.Buffer;
        return result;
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        bool any = inner.TryRead(out result);
        _buffer = result.Buffer;
        return any;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Keep(_buffer.Slice(_buffer.Start, consumed));
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    // Bodies pass here too: only the end of what was taken can be a head.
    private void Keep(ReadOnlySequence<byte> taken)
    {
        if (_taken.WrittenCount + taken.Length > Kept)
        {
            _taken.ResetWrittenCount();
            taken = taken.Length > Kept ? taken.Slice(taken.Length - Kept) : taken;
        }

        foreach (ReadOnlyMemory<byte> part in taken)
        {
            _taken.Write(part.Span);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
