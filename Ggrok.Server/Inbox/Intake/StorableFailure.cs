using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>After which failures of the relay a request is stored. Only while no response has begun (docs/inbox.md has the table).</summary>
internal static class StorableFailure
{
    /// <summary>Whether a request that failed like this is to be delivered later.</summary>
    public static bool Is(RelayError error) => error switch
    {
        // Nobody was there who could take it.
        RelayError.TunnelAway or RelayError.Draining or RelayError.TooManyStreams or RelayError.NoHealthyMember or RelayError.CircuitOpen
            or RelayError.LocalUnreachable or RelayError.LocalTlsFailed or RelayError.LocalProtocol => true,

        // It may have arrived, and nobody said so: an inbox delivers at least once.
        RelayError.TunnelLost or RelayError.ResponseHeadLocal or RelayError.ResponseHeadTimeout or RelayError.RequestBodyLocal
            or RelayError.LocalCancelled or RelayError.StreamIdle => true,

        // The request is at fault, its sender has left, or there was an answer.
        _ => false,
    };
}
