using System.Buffers;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>Sends the request to the local service: the head, then the body as it arrives through the tunnel.</summary>
internal sealed class RequestBodySender(LocalConnection connection, MuxStream stream, bool chunked, RecordingExchange? recording)
{
    private const int WriteAt = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _output = connection.Output;

    /// <summary>Body bytes taken from the tunnel.</summary>
    public long Bytes { get; private set; }

    /// <summary>Everything was written; the connection can carry another request.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Where the head is written before <see cref="RunAsync"/>.</summary>
    public ArrayBufferWriter<byte> Head => _output;

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
        IsComplete = true;
        await FlushAsync().ConfigureAwait(false);
        recording?.RequestSent();
    }

    private void Add(ReadOnlySpan<byte> data)
    {
        Bytes += data.Length;
        recording?.RequestData(data);
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
        recording?.RequestSent();
    }

    private ValueTask FlushAsync()
    {
        if (_output.WrittenCount == 0)
        {
            return ValueTask.CompletedTask;
        }

        ValueTask write = connection.Stream.WriteAsync(_output.WrittenMemory);
        if (!write.IsCompletedSuccessfully)
        {
            return AwaitAsync(_output, write);
        }

        _output.ResetWrittenCount();
        return write;

        static async ValueTask AwaitAsync(ArrayBufferWriter<byte> output, ValueTask write)
        {
            await write.ConfigureAwait(false);
            output.ResetWrittenCount();
        }
    }
}
