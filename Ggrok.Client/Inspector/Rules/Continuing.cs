using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>Asks for a body that is sent only when it is asked for (RFC 9110 section 10.1.1).</summary>
internal static class Continuing
{
    /// <summary>Sends 100 Continue to a visitor who waits for it.</summary>
    public static async ValueTask SendAsync(MuxStream stream, RequestHead request)
    {
        if (request.Headers.Exists(f => f.Name.Equals("Expect", StringComparison.OrdinalIgnoreCase) && f.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase)))
        {
            await HeadSender.WriteHeadAsync(stream, new ResponseHead { Status = 100 }).ConfigureAwait(false);
        }
    }
}
