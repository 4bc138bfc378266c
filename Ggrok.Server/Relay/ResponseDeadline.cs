using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Relay;

/// <summary>
/// The time for the response head, which begins when the request was sent whole. Begun and lifted from two sides: the head
/// may arrive while the body is still being sent.
/// </summary>
internal sealed class ResponseDeadline(MuxStream stream, TimeSpan limit)
{
    private int _lifted;

    /// <summary>The request was sent whole.</summary>
    public void Begin()
    {
        stream.SetDeadline(limit, RelayError.ResponseHeadTimeout);

        // A full fence: either the head's arrival is seen here, or the deadline there.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _lifted) != 0)
        {
            stream.ClearDeadline();
        }
    }

    /// <summary>The response head is here.</summary>
    public void Lift()
    {
        Interlocked.Exchange(ref _lifted, 1);
        stream.ClearDeadline();
    }
}
