using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>A client of the original Go program: whole requests and responses, one at a time.</summary>
public interface ILegacyTunnel
{
    /// <summary>Serves one visitor's request; returns how it failed, the answer to which is the caller's.</summary>
    Task<RelayError> RelayAsync(HttpContext context, RequestHead head, ExchangeRecord record);

    /// <summary>Ends the client's connection.</summary>
    void Close();
}
