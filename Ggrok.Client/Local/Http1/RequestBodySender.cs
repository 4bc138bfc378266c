using System.Buffers;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>Sends the request to the local service: the head, then the body as it arrives through the tunnel.</summary>
internal sealed class RequestBodySender(LocalConnection connection, MuxStream stream, bool chunked)
{
    private const int WriteAt = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _output = new(4096);

    /// <summary>Body bytes taken from the tunnel.</summary>
    public long Bytes { get; private set; }

    /// <summary>Everything was written; the connection can carry another request.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Where the head is written before <see cref="RunAsync"/>.</summary>
    public IBufferWriter<byte> Head => _output;

    /// <summary>
    /// Runs until the body is sent. What has arrived leaves in one write, so that a small request costs one system call.
    /// Returns <see cref="RelayError.RequestBodyLocal"/> when the service stopped reading: it may still answer.
    /// </summary>
    public async Task<RelayError> RunAsync()
    {
        try
        {
            List<HeaderField>? trailers = null;
            while (true)
            {
                if (_output.WrittenCount >= WriteAt || !stream.TryRead(out InboundFrame frame))
                {
                    await FlushAsync().ConfigureAwait(false);
                    frame = await stream.ReadAsync().ConfigureAwait(false);
                }

                switch (frame.Kind)
                {
                    case FrameKind.Data:
                        Add(frame.Payload.Span);
                        break;
                    case FrameKind.Trailers:
                        trailers = HeadReader.ReadTrailers(frame.Payload.Span);
                        break;
                    case FrameKind.End:
                        await FinishAsync(trailers).ConfigureAwait(false);
                        return RelayError.None;
                    default:
                        return frame.Kind == FrameKind.Reset ? frame.Error : RelayError.RequestInvalid;
                }

                stream.Advance();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return RelayError.RequestBodyLocal;
        }
        catch (ProtocolViolationException)
        {
            return RelayError.RequestInvalid;
        }
    }

    /// <summary>Sends a head that no body follows.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask SendHeadOnlyAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        IsComplete = true;
    }

    private void Add(ReadOnlySpan<byte> data)
    {
        Bytes += data.Length;
        if (chunked)
        {
            RequestWriter.WriteChunk(_output, data);
        }
        else
        {
            _output.Write(data);
        }
    }

    private async ValueTask FinishAsync(List<HeaderField>? trailers)
    {
        if (chunked)
        {
            RequestWriter.WriteLastChunk(_output, trailers);
        }

        await FlushAsync().ConfigureAwait(false);
        IsComplete = true;
    }

    private async ValueTask FlushAsync()
    {
        if (_output.WrittenCount > 0)
        {
            await connection.Stream.WriteAsync(_output.WrittenMemory).ConfigureAwait(false);
            _output.ResetWrittenCount();
        }
    }
}
