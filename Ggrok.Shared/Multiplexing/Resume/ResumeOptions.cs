namespace Ggrok.Shared.Multiplexing.Resume;

/// <summary>Settings of a session that outlives its connection.</summary>
public sealed record ResumeOptions
{
    /// <summary>Least size of the buffer, in bytes: four messages.</summary>
    public const int SmallestBuffer = 256 * 1024;

    /// <summary>How many sent bytes are kept at most until the peer has acknowledged them.</summary>
    public int BufferBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How many bytes the peer keeps at most: it hears of what arrived before that is full.</summary>
    public int PeerBufferBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a broken connection may stay without another one before the session is over.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(60);
}
