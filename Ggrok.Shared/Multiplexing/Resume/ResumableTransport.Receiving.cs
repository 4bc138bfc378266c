using System.Runtime.CompilerServices;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing.Resume;

/// <content>What is received, by one read loop.</content>
public sealed partial class ResumableTransport
{
    // Of the read loop alone: what has come of a message, and over which connection.
    private int _partial;
    private Link? _partialOf;
    private bool _isAck;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TransportRead> ReceiveAsync(Memory<byte> buffer)
    {
        while (true)
        {
            Link link = Volatile.Read(ref _link) ?? await WaitForLinkAsync().ConfigureAwait(false);
            if (_partial > 0 && link != _partialOf)
            {
                // Given up by another thread between two pieces: the peer sends the message again, from its beginning.
                return BeginAgain();
            }

            _partialOf = link;
            TransportRead read;
            try
            {
                read = await link.Transport.ReceiveAsync(buffer).ConfigureAwait(false);
                if (!(read.Closed && read.PeerReason == CloseReason.TransportLost) && Count(link, read, buffer.Span))
                {
                    return read;
                }
            }
            catch (IOException)
            {
                // As with a close by somebody in between: another connection may come.
            }

            Lose(link);
            if (_partial > 0)
            {
                return BeginAgain();
            }
        }
    }

    private TransportRead BeginAgain()
    {
        _partial = 0;
        return new TransportRead(0, false, false, CloseReason.Normal) { BeginsAgain = true };
    }

    private async ValueTask<Link> WaitForLinkAsync()
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isOver)
                {
                    throw new IOException("The session is over.");
                }

                if (_link is { } link)
                {
                    return link;
                }

                changed = _changed.Task;
            }

            await changed.ConfigureAwait(false);
        }
    }

    // False for what comes late from a connection that was given up: the peer was told that it did not arrive.
    private bool Count(Link link, TransportRead read, ReadOnlySpan<byte> bytes)
    {
        if (read.Count > 0 && _partial == 0)
        {
            _isAck = bytes[0] == (byte)FrameKind.Ack;
        }

        bool isDue;
        lock (_gate)
        {
            if (_link != link)
            {
                return false;
            }

            _partial += read.Count;
            if (!read.EndOfMessage)
            {
                return true;
            }

            if (!_isAck)
            {
                Interlocked.Add(ref _received, _partial);
            }

            _partial = 0;
            isDue = IsAckDue();
        }

        if (isDue)
        {
            AckSoon();
        }

        return true;
    }
}
