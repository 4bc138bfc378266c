using Ggrok.Client.Inbox.Files;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Push;

/// <summary>What a local service made of a request out of a file.</summary>
/// <param name="Request">The request.</param>
/// <param name="Status">Status of its answer; 0 without one.</param>
/// <param name="Error"><see cref="RelayError.None"/>, or how it failed.</param>
/// <param name="Duration">From the first byte to the end of the answer.</param>
/// <param name="ResponseBytes">Size of the answer's body in bytes.</param>
internal sealed record PushResult(RequestFile Request, int Status, RelayError Error, TimeSpan Duration, long ResponseBytes)
{
    /// <summary>The service took it, as the inbox understands that.</summary>
    public bool IsTaken => Error == RelayError.None && Status is >= 200 and <= 299;
}
