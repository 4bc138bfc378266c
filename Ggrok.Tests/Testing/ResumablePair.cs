using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Testing;

/// <summary>A server's and a client's multiplexed connection that outlive the connection below them, which is in memory.</summary>
public sealed class ResumablePair : IAsyncDisposable
{
    public ResumablePair(int bufferBytes = 8 << 20, TimeSpan? grace = null)
    {
        (ServerLink, ClientLink) = InMemoryTransport.Pair();
        var options = new ResumeOptions { BufferBytes = bufferBytes, PeerBufferBytes = bufferBytes, Grace = grace ?? TimeSpan.FromSeconds(60) };
        ServerTransport = new ResumableTransport(ServerLink, options, Time);
        ClientTransport = new ResumableTransport(ClientLink, options, Time);
        Server = new MuxConnection(ServerTransport, ServerSide, new MuxOptions { Role = MuxRole.Server }, Time);
        Client = new MuxConnection(ClientTransport, ClientSide, new MuxOptions { Role = MuxRole.Client }, Time);
        ServerRun = Server.RunAsync();
        ClientRun = Client.RunAsync();
    }

    public ManualTimeProvider Time { get; } = new();

    public InMemoryTransport ServerLink { get; private set; }

    public InMemoryTransport ClientLink { get; private set; }

    public ResumableTransport ServerTransport { get; }

    public ResumableTransport ClientTransport { get; }

    public MuxConnection Server { get; }

    public MuxConnection Client { get; }

    public Task<CloseReason> ServerRun { get; }

    public Task<CloseReason> ClientRun { get; }

    public RecordingHandler ServerSide { get; } = new();

    public RecordingHandler ClientSide { get; } = new();

    /// <summary>Breaks the connection; both ends have noticed when it returns.</summary>
    public async Task CutAsync()
    {
        ServerLink.Abort();
        ClientLink.Abort();
        await Within.Bound(ServerTransport.WaitForSuspensionAsync(), "the server to notice the cut");
        await Within.Bound(ClientTransport.WaitForSuspensionAsync(), "the client to notice the cut");
    }

    /// <summary>What the handshake does, over a new connection; the old one need not be broken.</summary>
    /// <param name="prepare">Done with the two ends before anything is sent over them.</param>
    public async Task<bool> ResumeAsync(Action<InMemoryTransport, InMemoryTransport>? prepare = null)
    {
        (InMemoryTransport server, InMemoryTransport client) = InMemoryTransport.Pair();
        ResumeAttempt fromClient = ClientTransport.BeginAttach(peerReceived: null).ShouldNotBeNull();
        ResumeAttempt fromServer = ServerTransport.BeginAttach(fromClient.Received).ShouldNotBeNull();
        ClientTransport.IsPlausible(fromServer.Received).ShouldBeTrue();
        (ServerLink, ClientLink) = (server, client);
        prepare?.Invoke(server, client);
        Task<bool> atServer = ServerTransport.AttachAsync(fromServer, server, fromClient.Received, out _).AsTask();
        Task<bool> atClient = ClientTransport.AttachAsync(fromClient, client, fromServer.Received, out _).AsTask();
        bool[] done = await Within.Bound(Task.WhenAll(atServer, atClient), "both sides to catch up");
        return done.All(d => d);
    }

    /// <summary>Opens a stream from the server and takes it at the client, its head read.</summary>
    public async Task<(MuxStream Server, MuxStream Client)> OpenAsync()
    {
        MuxStream stream = Server.OpenStream().ShouldNotBeNull();
        (await stream.WriteAsync(FrameKind.Head, "{}"u8.ToArray())).ShouldBeTrue();
        MuxStream accepted = await ClientSide.AcceptAsync();
        await accepted.ExpectAsync(FrameKind.Head);
        return (stream, accepted);
    }

    /// <summary>Moves the clock and lets both sides notice.</summary>
    public void Tick(TimeSpan by)
    {
        Time.Advance(by);
        Server.Tick();
        Client.Tick();
    }

    public async ValueTask DisposeAsync()
    {
        ServerLink.ReleaseSends();
        ClientLink.ReleaseSends();
        Server.RequestClose(CloseReason.Internal);
        Client.RequestClose(CloseReason.Internal);
        await Within.Bound(Task.WhenAll(ServerRun, ClientRun), "both ends to close");
    }
}
