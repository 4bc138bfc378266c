using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>One connected client: its connection and the streams opened through it.</summary>
public sealed class TunnelSession : ITunnel, IMuxHandler
{
    private int _goingAway;

    /// <summary>Creates the session over a transport on which the handshake is done.</summary>
    public TunnelSession(string id, Hello hello, string tokenId, IMessageTransport transport, MuxOptions options, TimeProvider time)
    {
        Id = id;
        Hello = hello;
        TokenId = tokenId;
        Connection = new MuxConnection(transport, this, options, time);
    }

    /// <summary>Id for logs.</summary>
    public string Id { get; }

    /// <summary>What the client said of itself.</summary>
    public Hello Hello { get; }

    /// <summary>Name of the token that opened the session, for counting; not the token.</summary>
    public string TokenId { get; }

    /// <summary>The multiplexed connection.</summary>
    public MuxConnection Connection { get; }

    /// <inheritdoc/>
    public MuxStream? TryOpenStream(out RelayError error)
    {
        MuxStream? stream = Connection.OpenStream();
        error = stream is not null ? RelayError.None
            : Connection.IsClosing ? RelayError.TunnelLost
            : Connection.RefusesStreams ? RelayError.Draining
            : RelayError.TooManyStreams;
        return stream;
    }

    /// <summary>Asks the client to connect elsewhere and closes once no exchange runs.</summary>
    public void GoAway(CloseReason reason, string message)
    {
        if (Interlocked.Exchange(ref _goingAway, 1) == 0)
        {
            Connection.SendGoAway(new GoAway(reason, message));
        }
    }

    /// <summary>Clients of this version open no streams to the server.</summary>
    public void OnStream(MuxStream stream) => stream.Reset(RelayError.TooManyStreams);

    /// <summary>The client drains: it opens no streams anyway, and the server must open none.</summary>
    public void OnGoAway(GoAway goAway)
    {
    }
}
