namespace Ggrok.Shared.Multiplexing;

/// <summary>Which side of the tunnel a connection is; it decides who opens odd and who opens even streams.</summary>
public enum MuxRole
{
    /// <summary>Opens odd streams.</summary>
    Client,

    /// <summary>Opens even streams.</summary>
    Server,
}

/// <summary>Settings of one connection.</summary>
public sealed record MuxOptions
{
    /// <summary>Which side this is.</summary>
    public required MuxRole Role { get; init; }

    /// <summary>Streams that either side may have open at once.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Time between two pings; two without any frame from the peer end the connection.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A stream without a frame in either direction for this long is reset; zero for never.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Number of the first stream of this side; 0 for the usual one.</summary>
    internal uint FirstStream { get; init; }

    /// <summary>How much all windows of the connection together may grow, in bytes.</summary>
    public long WindowBudgetBytes { get; init; } = 64L * 1024 * 1024;
}

/// <summary>Counts of one connection since its start.</summary>
public sealed class MuxStatistics
{
    private long _messagesSent;
    private long _bytesSent;
    private long _messagesReceived;
    private long _bytesReceived;
    private long _unknownFrames;
    private long _bytesCopiedIn;
    private long _bytesCopiedOut;

    /// <summary>WebSocket messages sent.</summary>
    public long MessagesSent => Volatile.Read(ref _messagesSent);

    /// <summary>Bytes of all messages sent.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>WebSocket messages received.</summary>
    public long MessagesReceived => Volatile.Read(ref _messagesReceived);

    /// <summary>Bytes of all messages received.</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Frames of kinds that this version does not know.</summary>
    public long UnknownFrames => Volatile.Read(ref _unknownFrames);

    /// <summary>Payload bytes that were copied because their reader was not ready; the others were read where they arrived.</summary>
    public long BytesCopiedIn => Volatile.Read(ref _bytesCopiedIn);

    /// <summary>Payload bytes that were copied into messages to be sent.</summary>
    public long BytesCopiedOut => Volatile.Read(ref _bytesCopiedOut);

    // One writer loop and one reader loop: plain additions suffice, readers see them a little late.
    internal void Sent(int bytes)
    {
        Volatile.Write(ref _messagesSent, _messagesSent + 1);
        Volatile.Write(ref _bytesSent, _bytesSent + bytes);
    }

    internal void Received(int bytes)
    {
        Volatile.Write(ref _messagesReceived, _messagesReceived + 1);
        Volatile.Write(ref _bytesReceived, _bytesReceived + bytes);
    }

    // In the read loop.
    internal void CopiedIn(int bytes) => Volatile.Write(ref _bytesCopiedIn, _bytesCopiedIn + bytes);

    // Under the lock of the outbox.
    internal void CopiedOut(int bytes) => Volatile.Write(ref _bytesCopiedOut, _bytesCopiedOut + bytes);

    internal void SkippedUnknown() => Volatile.Write(ref _unknownFrames, _unknownFrames + 1);
}
