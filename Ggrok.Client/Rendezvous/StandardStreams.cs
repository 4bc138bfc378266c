namespace Ggrok.Client.Rendezvous;

/// <summary>Standard input and output as one connection, for programs such as <c>ssh -o ProxyCommand</c>.</summary>
internal sealed class StandardStreams(Stream input, Stream output) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Tells the program at the other end that nothing more comes.</summary>
    public void CloseOutput() => output.Dispose();

    // Reading standard input cannot be cancelled on every system: whoever waits is let go, the read itself is forgotten.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => input.Read(buffer.Span), CancellationToken.None).WaitAsync(cancellationToken));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => output.Write(buffer.Span), CancellationToken.None));

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.Run(output.Flush, CancellationToken.None);

    public override void Flush() => output.Flush();

    public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
