using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>A way to a client. The relay does not know whether the client is connected to this process.</summary>
public interface ITunnel
{
    /// <summary>Opens a stream to the client; null with the reason when that cannot be.</summary>
    MuxStream? TryOpenStream(out RelayError error);

    /// <summary>The client takes no new streams; those that run may finish.</summary>
    bool IsLeaving => false;

    /// <summary>Its WebSocket is broken and expected back; streams wait for it.</summary>
    bool IsSuspended => false;
}
