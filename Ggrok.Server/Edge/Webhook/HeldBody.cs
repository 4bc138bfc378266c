using System.Buffers;
using System.IO.Pipelines;
using Ggrok.Server.Edge.Body;
using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Edge.Webhook;

/// <summary>A request body that is read whole before the request goes on, and then read once more by the relay.</summary>
/// <param name="most">Largest size in bytes.</param>
/// <param name="room">What all bodies that are held at the same time share.</param>
internal sealed class HeldBody(int most, HeldBytes room) : IDisposable
{
    // Grown as bytes arrive: who only announces a large body costs little.
    private const int FirstBytes = 16 * 1024;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>What was read.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads the body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">Time for all of it.</param>
    /// <param name="time">Clock.</param>
    public async ValueTask<RelayError> ReadAsync(HttpContext context, TimeSpan limit, TimeProvider time)
    {
        if (context.Request.ContentLength > most)
        {
            return RelayError.RequestBodyTooLarge;
        }

        using var expiry = new CancellationTokenSource(limit, time);
        PipeReader body = context.Request.BodyReader;
        try
        {
            while (true)
            {
                ReadResult read = await body.ReadAsync(expiry.Token).ConfigureAwait(false);
                RelayError error = Add(read.Buffer);

                // What is not held is there for who reads on.
                body.AdvanceTo(error == RelayError.None ? read.Buffer.End : read.Buffer.Start);
                if (error != RelayError.None || read.IsCompleted)
                {
                    return error;
                }
            }
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            return RelayError.RequestBodyTimeout;
        }
        catch (Exception e) when (RequestBodyFailure.Is(e))
        {
            return RequestBodyFailure.Of(e, context);
        }
    }

    /// <summary>Has the request read from here; until <see cref="Dispose"/>.</summary>
    public void PutBack(HttpContext context)
    {
        var again = new BodyFeature(PipeReader.Create(new ReadOnlySequence<byte>(Bytes)));

        // In this order: what reads the body as a stream takes the first, and setting it makes a reader of its own.
        context.Request.Body = again.Reader.AsStream();
        context.Features.Set<IRequestBodyPipeFeature>(again);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            room.Return(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _length = 0;
        }
    }

    /// <summary>Holds more bytes, or says why that cannot be.</summary>
    public RelayError Add(ReadOnlySequence<byte> bytes)
    {
        long needed = _length + bytes.Length;
        if (needed > most)
        {
            return RelayError.RequestBodyTooLarge;
        }

        if (needed > _buffer.Length && !TryGrow((int)needed))
        {
            return RelayError.ConcurrencyLimited;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = (int)needed;
        return RelayError.None;
    }

    private bool TryGrow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(needed, _buffer.Length * 2)));
        if (!room.TryTake(larger.Length - _buffer.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }

        Bytes.CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
        return true;
    }
}

/// <summary>Counts the bytes that are held, up to a limit.</summary>
/// <param name="most">The limit.</param>
/// <param name="shared">Of which it is a part; null where it stands alone.</param>
internal sealed class HeldBytes(long most, HeldBytes? shared = null)
{
    private long _held;

    /// <summary>Takes room; false when there is not enough.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= most && shared?.TryTake(bytes) != false)
        {
            return true;
        }

        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    /// <summary>Gives it back.</summary>
    public void Return(int bytes)
    {
        Interlocked.Add(ref _held, -bytes);
        shared?.Return(bytes);
    }
}
