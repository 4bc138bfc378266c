using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Connection;

/// <summary>What a running client tells its surroundings. Calls may come from any thread and must not block.</summary>
public interface IClientEvents : ISessionEvents
{
    /// <summary>A connection attempt starts; <paramref name="attempt"/> counts from 1 since the last ready session.</summary>
    void Connecting(int attempt);

    /// <summary>The server accepted every tunnel; visitors reach them from now on.</summary>
    void Ready(IReadOnlyList<PublicTunnel> tunnels);

    /// <summary>How the session does can be asked from now on. Told with each session, before <see cref="Ready"/>.</summary>
    void Measurable(Func<SessionPulse> pulse)
    {
    }

    /// <summary>The session ended or could not be opened; the next attempt starts after <paramref name="retryIn"/>.</summary>
    void Lost(string reason, TimeSpan retryIn);

    /// <summary>Connections to the local address lead to a private name from now on.</summary>
    void Listening(string name, string address);

    /// <summary>The traffic can be looked at from now on, with a browser on this machine. Told before the first <see cref="Ready"/>.</summary>
    void Inspecting(Uri address);

    /// <summary>Something that people should know and that stops nothing.</summary>
    void Notice(string message);

    /// <summary>A raw connection is over, well or badly.</summary>
    void ConnectionCompleted(in ConnectionSummary connection);

    /// <summary>A visitor's exchange is over, well or badly.</summary>
    void ExchangeCompleted(in ExchangeSummary exchange);

    /// <summary>The client stops taking new requests and waits for <paramref name="running"/> exchanges.</summary>
    void Draining(int running);
}

/// <summary>What becomes of a session while it lasts. Calls may come from any thread and must not block.</summary>
public interface ISessionEvents
{
    /// <summary>The connection to the server is broken; the session goes on as soon as there is another one.</summary>
    void Interrupted()
    {
    }

    /// <summary>The session goes on.</summary>
    /// <param name="after">How long it was interrupted.</param>
    void Resumed(TimeSpan after)
    {
    }
}

/// <summary>A tunnel as the public sees it.</summary>
/// <param name="Name">Name of the tunnel within this client.</param>
/// <param name="Url">Public URL.</param>
/// <param name="Target">The local service behind it.</param>
/// <param name="Pool">The pool that it belongs to, as it was when the session began; null when it has its name alone.</param>
/// <param name="Match">Conditions on the requests that it gets; null for none.</param>
public sealed record PublicTunnel(string Name, Uri Url, Uri Target, PoolGrant? Pool = null, string? Match = null)
{
    /// <summary>What people should see beside the address; null for nothing.</summary>
    public string? Remark => (Pool, Match) switch
    {
        (null, null) => null,
        (null, { } match) => $"({match})",
        ({ } pool, null) => string.Create(CultureInfo.InvariantCulture, $"(pool of {pool.Members}, {pool.Balance})"),
        ({ } pool, { } match) => string.Create(CultureInfo.InvariantCulture, $"({match}; pool of {pool.Members}, {pool.Balance})"),
    };
}

/// <summary>How a session does at a moment.</summary>
/// <param name="RoundTrip">Round trip to the server; zero while it is not known.</param>
/// <param name="Open">Exchanges and connections that are running.</param>
/// <param name="Connections">Connections to the server that are open.</param>
/// <param name="Wanted">Connections to the server that there shall be.</param>
public readonly record struct SessionPulse(TimeSpan RoundTrip, int Open, int Connections = 1, int Wanted = 1);

/// <summary>One finished raw connection.</summary>
/// <param name="Id">Correlation id, as in the server's log.</param>
/// <param name="Tunnel">Name of the tunnel, or the private name that was connected to.</param>
/// <param name="Kind">What it carried.</param>
/// <param name="Remote">Who connected, or null when that is not known.</param>
/// <param name="Error"><see cref="RelayError.None"/>, or how the connection failed.</param>
/// <param name="Duration">From its beginning to the end of both directions.</param>
/// <param name="BytesIn">Bytes towards the service.</param>
/// <param name="BytesOut">Bytes from the service.</param>
public readonly record struct ConnectionSummary(
    string Id,
    string Tunnel,
    TunnelKind Kind,
    string? Remote,
    RelayError Error,
    TimeSpan Duration,
    long BytesIn,
    long BytesOut);

/// <summary>One finished exchange.</summary>
/// <param name="Id">Correlation id, as in the server's log and in <c>X-Request-ID</c>.</param>
/// <param name="Tunnel">Name of the tunnel.</param>
/// <param name="Method">Request method.</param>
/// <param name="Target">Request target as the visitor sent it.</param>
/// <param name="Status">Status of the response, or 0 when there was none.</param>
/// <param name="Error"><see cref="RelayError.None"/>, or how the exchange failed.</param>
/// <param name="Duration">From the request's arrival at the client to the end of the response.</param>
/// <param name="RequestBytes">Request body size in bytes.</param>
/// <param name="ResponseBytes">Response body size in bytes.</param>
public readonly record struct ExchangeSummary(
    string Id,
    string Tunnel,
    string Method,
    string Target,
    int Status,
    RelayError Error,
    TimeSpan Duration,
    long RequestBytes,
    long ResponseBytes);
