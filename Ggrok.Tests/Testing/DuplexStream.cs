using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Ggrok.Tests.Testing;

/// <summary>Two pipes as one stream that reads from one and writes to the other.</summary>
public sealed class DuplexStream(PipeReader reader, PipeWriter writer) : Stream
{
    private readonly Stream _input = reader.AsStream();
    private readonly Stream _output = writer.AsStream();

    /// <summary>The two ends of a WebSocket in memory.</summary>
    public static (WebSocket Server, WebSocket Client) WebSockets()
    {
        var up = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var down = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        return (
            WebSocket.CreateFromStream(new DuplexStream(up.Reader, down.Writer), isServer: true, subProtocol: null, Timeout.InfiniteTimeSpan),
            WebSocket.CreateFromStream(new DuplexStream(down.Reader, up.Writer), isServer: false, subProtocol: null, Timeout.InfiniteTimeSpan));
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _output.WriteAsync(buffer, cancellationToken);
        await _output.FlushAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
            _output.Dispose();
        }

        base.Dispose(disposing);
    }
}
