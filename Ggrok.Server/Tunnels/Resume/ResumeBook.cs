using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Multiplexing.Resume;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels.Resume;

/// <summary>Sessions that may be resumed over another connection, and for a while those that ended for a reason which their clients should hear.</summary>
public sealed class ResumeBook(ServerOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ResumableSession> _sessions = new(StringComparer.Ordinal);

    /// <summary>Which process of possibly several this is: random, new with each start.</summary>
    public string Node { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>A transport that outlives its connection if both sides want that, else the connection itself.</summary>
    /// <param name="hello">What the client can do.</param>
    /// <param name="transport">The connection.</param>
    public IMessageTransport Carry(Hello hello, IMessageTransport transport) =>
        hello.Resumable is { } offer && options.ResumeGrace > TimeSpan.Zero
            ? new ResumableTransport(transport, new ResumeOptions
            {
                BufferBytes = options.ResumeBuffer,
                PeerBufferBytes = offer.BufferBytes,
                Grace = options.ResumeGrace,
            }, time)
            : transport;

    /// <summary>Lets a session be resumed from now on; what its client needs for it.</summary>
    public ResumeGrant Add(TunnelSession session, ResumableTransport transport)
    {
        byte[] key = RandomNumberGenerator.GetBytes(ResumeProof.KeyBytes);
        _sessions[session.Id] = new ResumableSession(session, transport, key);
        return new ResumeGrant(Base64Url.EncodeToString(key), (int)options.ResumeGrace.TotalMilliseconds, options.ResumeBuffer);
    }

    /// <summary>A session is over: it cannot be resumed. A reason that its client has to hear is kept for it.</summary>
    public void End(TunnelSession session, CloseReason reason)
    {
        if (!MustHear(reason))
        {
            _sessions.TryRemove(session.Id, out _);
        }
        else if (_sessions.TryGetValue(session.Id, out ResumableSession? known))
        {
            known.End(reason, time.GetUtcNow() + options.ResumeGrace);
        }
    }

    /// <summary>Forgets sessions that ended a while ago.</summary>
    public void RemoveExpired()
    {
        foreach ((string id, ResumableSession session) in _sessions)
        {
            if (session.KeptUntil is { } until && time.GetUtcNow() >= until)
            {
                _sessions.TryRemove(id, out _);
            }
        }
    }

    /// <summary>Takes an attempt to resume a session.</summary>
    /// <param name="hello">The attempt, and who says that it is.</param>
    /// <param name="identity">Who it is by its token or certificate.</param>
    /// <param name="attempt">What has arrived of the session, and what goes on with it.</param>
    /// <param name="refusal">Why not; the same whatever is wrong, so that nobody learns which sessions there are.</param>
    internal ResumableSession? Begin(Hello hello, Identity identity, out ResumeAttempt attempt, out Rejected? refusal)
    {
        attempt = default;
        refusal = null;
        ResumeRequest request = hello.Resume!;
        if (!_sessions.TryGetValue(request.Session, out ResumableSession? session) || !session.IsFor(hello, identity) || !session.TryTake(request))
        {
            refusal = Unknown(null);
        }
        else if (session.EndedFor is { } reason && MustHear(reason))
        {
            // Or on its way to its end: nobody may keep it from that.
            refusal = Unknown(reason);
        }
        else if (session.Transport?.BeginAttach(request.Received) is { } begun)
        {
            attempt = begun;
        }
        else
        {
            // It may have ended between the two looks.
            refusal = Unknown(session.EndedFor is { } late && MustHear(late) ? late : null);
        }

        return refusal is null ? session : null;
    }

    /// <summary>Ends the possibility to resume a session, however it is left.</summary>
    internal sealed class Ending(ResumeBook book, TunnelSession session) : IDisposable
    {
        /// <summary>Why it ended.</summary>
        public CloseReason Reason { get; set; } = CloseReason.Internal;

        public void Dispose() => book.End(session, Reason);
    }

    // Who does not know would come again with a new session.
    private static bool MustHear(CloseReason reason) => reason is CloseReason.Replaced or CloseReason.EndedByOperator
        or CloseReason.TokenRevoked or CloseReason.TokenExpired or CloseReason.TokenNarrowed;

    internal Rejected Unknown(CloseReason? ended = null) => new(RejectCode.SessionUnknown,
        "The server does not know this session any more; open a new one.", MayRetry: true) { Node = Node, Ended = ended };
}

/// <summary>A session that may be resumed, or may not any more.</summary>
internal sealed class ResumableSession(TunnelSession session, ResumableTransport transport, byte[] key)
{
    private readonly Lock _gate = new();
    private readonly string _client = session.Hello.Client;
    private readonly string _instance = session.Hello.Instance;
    private TunnelSession? _session = session;
    private ResumableTransport? _transport = transport;
    private string _identity = session.Identity.Id;
    private long _lastAttempt;

    /// <summary>The session; null once it is over.</summary>
    public TunnelSession? Session => Volatile.Read(ref _session);

    /// <summary>Its transport; null once it is over.</summary>
    public ResumableTransport? Transport => Volatile.Read(ref _transport);

    /// <summary>Why it ended, where its client has to hear that.</summary>
    public CloseReason? Reason { get; private set; }

    /// <summary>Why it ended, or is on its way to its end; null while it goes on.</summary>
    public CloseReason? EndedFor
    {
        get
        {
            lock (_gate)
            {
                return Reason ?? _session?.Connection.ClosesFor;
            }
        }
    }

    /// <summary>When that is forgotten.</summary>
    public DateTimeOffset? KeptUntil { get; private set; }

    /// <summary>The session is over: what is left is what its client has to hear.</summary>
    public void End(CloseReason reason, DateTimeOffset until)
    {
        lock (_gate)
        {
            (Reason, KeptUntil) = (reason, until);
            _identity = _session?.Identity.Id ?? _identity;
            Volatile.Write(ref _session, null);
            Volatile.Write(ref _transport, null);
        }
    }

    /// <summary>Whether it is the same run of the same installation, with the same token or certificate.</summary>
    public bool IsFor(Hello hello, Identity identity) =>
        hello.Client == _client && hello.Instance == _instance && identity.Id == (Session?.Identity.Id ?? _identity);

    /// <summary>Takes an attempt if its proof is right and it is newer than all that were taken.</summary>
    public bool TryTake(ResumeRequest request)
    {
        if (!ResumeProof.Holds(key, request))
        {
            return false;
        }

        lock (_gate)
        {
            if (request.Attempt <= _lastAttempt)
            {
                return false;
            }

            _lastAttempt = request.Attempt;
            return true;
        }
    }
}
