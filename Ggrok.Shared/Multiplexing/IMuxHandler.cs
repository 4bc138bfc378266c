using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Multiplexing;

/// <summary>What the owner of a connection is told.</summary>
public interface IMuxHandler
{
    /// <summary>The peer opened a stream; its Head is the first frame to read. Called from the read loop, must return at once.</summary>
    void OnStream(MuxStream stream);

    /// <summary>The peer takes no new streams. Called from the read loop, must return at once.</summary>
    void OnGoAway(GoAway goAway);

    /// <summary>
    /// The peer takes no new streams, and the last one is over: nothing will come any more. May be told more than once, from any
    /// thread; must return at once.
    /// </summary>
    void OnDrained()
    {
    }
}
