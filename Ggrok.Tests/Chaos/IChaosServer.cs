using Ggrok.Server.Tunnels;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Chaos;

/// <summary>The server of a scene, in this process or one of its own.</summary>
internal interface IChaosServer : IAsyncDisposable
{
    Uri Url { get; }

    /// <summary>What it holds now.</summary>
    Task<Holdings> LookAsync();
}

/// <summary>What a server holds.</summary>
/// <param name="Sessions">Clients that it counts as connected.</param>
/// <param name="Streams">Streams that are open in all sessions.</param>
/// <param name="SessionsOpened">Sessions that were opened since its start; a resumed one is no other one.</param>
internal readonly record struct Holdings(int Sessions, int Streams, int SessionsOpened);

/// <summary>A server in this process.</summary>
internal sealed class ServerHere(RunningServer server) : IChaosServer
{
    public Uri Url => server.Url;

    public RunningServer Running => server;

    public Task<Holdings> LookAsync()
    {
        TunnelSession[] sessions = [.. server.Get<SessionDirectory>().Sessions];
        int opened = (int)server.Get<Ggrok.Server.Metrics.SessionCounts>().Opened;
        return Task.FromResult(new Holdings(sessions.Length, sessions.Sum(s => s.Connection.OpenStreams), opened));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
