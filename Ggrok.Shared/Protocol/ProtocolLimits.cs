namespace Ggrok.Shared.Protocol;

/// <summary>Fixed names and sizes of <c>ggrok.v1</c>. Sizes are bytes unless a name says otherwise.</summary>
public static class ProtocolLimits
{
    /// <summary>Path on which clients register; everything below it belongs to the server.</summary>
    public const string Path = "/$$ggrok";

    /// <summary>WebSocket sub-protocol (RFC 6455 section 1.9).</summary>
    public const string SubProtocol = "ggrok.v1";

    /// <summary>Field of the upgrade request of a client that comes to resume a session: a server that drains takes it.</summary>
    public const string ResumeField = "X-Ggrok-Resume";

    /// <summary>Version number in Hello.</summary>
    public const int Version = 1;

    /// <summary>Largest WebSocket message: 64 KiB and one header.</summary>
    public const int MaxMessageBytes = 64 * 1024 + FrameHeader.Size;

    /// <summary>Largest Data payload; also what one stream may send before the others get their turn.</summary>
    public const int MaxDataBytes = 16 * 1024;

    /// <summary>Largest JSON payload of Hello, Welcome, Rejected, GoAway, Head and Trailers.</summary>
    public const int MaxJsonBytes = 64 * 1024;

    /// <summary>Credit that each direction of a stream starts with.</summary>
    public const int InitialWindowBytes = 256 * 1024;

    /// <summary>Largest credit that a receiver lets a stream grow to.</summary>
    public const int MaxWindowBytes = 4 * 1024 * 1024;

    /// <summary>Longest time that visitors wait for a client that is away.</summary>
    public static readonly TimeSpan LongestAwayWait = TimeSpan.FromMinutes(5);

    /// <summary>Most connections of one client.</summary>
    public const int MaxConnections = 16;

    /// <summary>Field of the answer to the upgrade that says which process of the server answers.</summary>
    public const string NodeField = "X-Ggrok-Node";

    /// <summary>Nesting that a JSON payload may have.</summary>
    public const int MaxJsonDepth = 8;
}
