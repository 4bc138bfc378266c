namespace Ggrok.Client.Connection;

/// <summary>
/// Time until the client looks again whether its connections could be spread better: short while a process of the server is missing
/// that was there a moment ago, because it is restarting; else ever longer, so that a server of one process is hardly bothered.
/// </summary>
internal sealed class SpreadPause(TimeProvider time, Random random)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    // Longer than a restart takes.
    private static readonly TimeSpan Expectation = TimeSpan.FromMinutes(2);

    private int _most;
    private long _mostAt;
    private TimeSpan _next = First;

    /// <summary>The pause before the next look.</summary>
    /// <param name="nodes">How many processes there are connections at.</param>
    public TimeSpan Next(int nodes)
    {
        if (nodes >= _most || time.GetElapsedTime(_mostAt) > Expectation)
        {
            _most = nodes;
            _mostAt = time.GetTimestamp();
        }

        return (nodes < _most ? Short : _next) * (0.8 + (random.NextDouble() * 0.4));
    }

    /// <summary>What the look has brought.</summary>
    /// <param name="moved">A connection has moved, and another may have to.</param>
    public void Looked(bool moved) => _next = moved ? Short : _next < First ? First : _next * 2 < Longest ? _next * 2 : Longest;
}
