using System.Buffers.Binary;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>
/// Takes each frame of a message to where it belongs. Runs in the read loop: waits for nothing. Readers and the owner are
/// told at the end of the message, so that a head does not leave for itself when its body came with it.
/// </summary>
internal sealed class FrameDispatcher(MuxConnection connection, StreamTable streams, Heartbeat heartbeat)
{
    private readonly List<MuxStream> _opened = [];
    private readonly List<MuxStream> _readable = [];

    /// <exception cref="ProtocolViolationException">The peer broke the protocol.</exception>
    public void Dispatch(MessageBuffer message, int length)
    {
        var reader = new FrameReader(message.Bytes.AsSpan(0, length));
        while (reader.TryRead(out FrameHeader header, out ReadOnlySpan<byte> span))
        {
            var payload = new ReceivedPayload(message, reader.Position - header.Length, header.Length);
            switch (header.Kind)
            {
                case FrameKind.Head:
                case FrameKind.Open:
                case FrameKind.Data:
                case FrameKind.End:
                case FrameKind.Trailers:
                case FrameKind.Reset:
                case FrameKind.Credit:
                    Require(header.Stream != 0, CloseReason.WrongStream);
                    OnStreamFrame(header, payload);
                    break;
                case FrameKind.Ping:
                case FrameKind.Pong:
                case FrameKind.GoAway:
                    Require(header.Stream == 0, CloseReason.WrongStream);
                    OnConnectionFrame(header.Kind, span);
                    break;
                case FrameKind.Ack when connection.Resumable is { } session:
                    Require(header.Stream == 0, CloseReason.WrongStream);
                    Require(span.Length == sizeof(ulong) && length == FrameHeader.Size + sizeof(ulong), CloseReason.FrameMalformed);
                    session.Acknowledged(BinaryPrimitives.ReadUInt64BigEndian(span));
                    break;
                case FrameKind.Hello:
                case FrameKind.Welcome:
                case FrameKind.Rejected:
                    throw new ProtocolViolationException(CloseReason.FrameMalformed);
                default:
                    connection.Statistics.SkippedUnknown();
                    break;
            }
        }

        Tell();
    }

    private void Tell()
    {
        foreach (MuxStream stream in _opened)
        {
            connection.Accept(stream);
        }

        foreach (MuxStream stream in _readable)
        {
            stream.WakeReader();
        }

        _opened.Clear();
        _readable.Clear();
    }

    private void OnStreamFrame(FrameHeader header, ReceivedPayload payload)
    {
        if (header.Kind == FrameKind.Data)
        {
            Require(payload.Length <= ProtocolLimits.MaxDataBytes, CloseReason.FrameTooLarge);
        }

        if (!streams.TryGet(header.Stream, out MuxStream? stream))
        {
            if (header.Kind is FrameKind.Head or FrameKind.Open && !streams.IsLocal(header.Stream))
            {
                OnOpen(header, payload);
                return;
            }

            // Frames cross: the peer may not know yet that the stream is over.
            Require(streams.WasOpened(header.Stream), CloseReason.UnknownStream);
            return;
        }

        switch (header.Kind)
        {
            case FrameKind.Reset:
                Require(payload.Length == sizeof(ushort), CloseReason.FrameMalformed);
                stream.Abort(ErrorOf(BinaryPrimitives.ReadUInt16BigEndian(payload.Span)), tellPeer: false);
                break;
            case FrameKind.Credit:
                Require(payload.Length == sizeof(uint), CloseReason.FrameMalformed);
                stream.Touch();
                connection.Outbox.AddCredit(stream.Outbound, BinaryPrimitives.ReadUInt32BigEndian(payload.Span));
                break;
            case FrameKind.End:
                Require(payload.Length == 0, CloseReason.FrameMalformed);
                Deliver(stream, header, payload);
                break;
            default:
                Deliver(stream, header, payload);
                break;
        }
    }

    private void OnOpen(FrameHeader header, ReceivedPayload payload)
    {
        Require(!connection.HasBacklog, CloseReason.StreamFlood);
        MuxStream stream = connection.NewPeerStream(header.Stream);
        if (!streams.TryAddPeer(stream, connection.Options.MaxStreams))
        {
            stream.Reset(RelayError.TooManyStreams);
            return;
        }

        stream.OnFrame(header.Kind, header.Flags, payload);
        _opened.Add(stream);
    }

    // Frames of one stream mostly follow each other; waking a reader twice does no harm.
    private void Deliver(MuxStream stream, FrameHeader header, ReceivedPayload payload)
    {
        if (stream.OnFrame(header.Kind, header.Flags, payload) && (_readable.Count == 0 || _readable[^1] != stream))
        {
            _readable.Add(stream);
        }
    }

    private void OnConnectionFrame(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case FrameKind.GoAway:
                connection.OnGoAway(HandshakeCodec.DecodePayload(payload, HandshakeJson.Default.GoAway));
                break;
            case FrameKind.Ping:
                Require(payload.Length == sizeof(ulong), CloseReason.FrameMalformed);
                connection.Outbox.Pong(BinaryPrimitives.ReadUInt64BigEndian(payload));
                break;
            default:
                Require(payload.Length == sizeof(ulong), CloseReason.FrameMalformed);
                heartbeat.OnPong(BinaryPrimitives.ReadUInt64BigEndian(payload));
                break;
        }
    }

    // A reset is never a success: "no error" and numbers of later versions are failures without a name.
    private static RelayError ErrorOf(ushort number)
    {
        var error = (RelayError)number;
        return error != RelayError.None && Enum.IsDefined(error) ? error : RelayError.Internal;
    }

    private static void Require(bool condition, CloseReason reason)
    {
        if (!condition)
        {
            throw new ProtocolViolationException(reason);
        }
    }
}
