using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Multiplexing;

/// <summary>A server's and a client's connection over memory, both running.</summary>
internal sealed class MuxPair : IDisposable
{
    private readonly MuxConnection _client;
    private readonly Task _over;

    /// <param name="serve">What the client does with a stream that the server opens.</param>
    public MuxPair(Action<MuxStream> serve)
    {
        (MemoryTransport server, MemoryTransport client) = MemoryTransport.Pair();
        Server = new MuxConnection(server, new Handler(static s => s.Reset(RelayError.Internal)), new MuxOptions { Role = MuxRole.Server }, TimeProvider.System);
        _client = new MuxConnection(client, new Handler(serve), new MuxOptions { Role = MuxRole.Client }, TimeProvider.System);
        _over = Task.WhenAll(Server.RunAsync(), _client.RunAsync());
    }

    public MuxConnection Server { get; }

    public void Dispose()
    {
        Server.RequestClose(CloseReason.Normal);
        _over.GetAwaiter().GetResult();
    }

    private sealed class Handler(Action<MuxStream> serve) : IMuxHandler
    {
        public void OnStream(MuxStream stream) => serve(stream);

        public void OnGoAway(GoAway goAway)
        {
            // Nobody here drains.
        }
    }
}
