using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Dashboard.Access;

/// <summary>Somebody who is signed in to the page.</summary>
/// <param name="Identity">By which token.</param>
/// <param name="Host">Under which name, normalised: it counts there alone.</param>
/// <param name="Csrf">What requests that change something must bring beside the cookie; other pages cannot read it.</param>
/// <param name="Since">When.</param>
internal sealed record AdminSession(Identity Identity, string Host, string Csrf, DateTimeOffset Since)
{
    private long _lastUsed = Since.UtcTicks;

    /// <summary>When the person did something for the last time.</summary>
    public DateTimeOffset LastUsed => new(Volatile.Read(ref _lastUsed), TimeSpan.Zero);

    /// <summary>The person does something.</summary>
    public void Use(DateTimeOffset now) => Volatile.Write(ref _lastUsed, now.UtcTicks);
}

/// <summary>
/// Who is signed in, in memory: the cookie is 256 random bits, of which only the hash is kept. A restart signs everybody out.
/// </summary>
internal sealed class AdminSessions(AdminAccess admin, TimeProvider time)
{
    /// <summary>Time without a deed after which a session is over.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(30);

    /// <summary>Time after which one has to sign in again in any case.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(12);

    private const int Most = 100;
    private const int SecretBytes = 32;

    private readonly ConcurrentDictionary<string, AdminSession> _sessions = new(StringComparer.Ordinal);

    /// <summary>Begins a session; returns the cookie's value.</summary>
    public (string Cookie, AdminSession Session) Begin(Identity identity, string host)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string key, AdminSession old) in _sessions)
        {
            if (!IsValid(old, now))
            {
                _sessions.TryRemove(key, out _);
            }
        }

        // Each was opened with a valid token: more than these is a program that forgets its cookies.
        while (_sessions.Count >= Most)
        {
            _sessions.TryRemove(_sessions.MinBy(s => s.Value.LastUsed).Key, out _);
        }

        string cookie = Secret();
        var session = new AdminSession(identity, host, Secret(), now);
        _sessions[KeyOf(cookie)] = session;
        return (cookie, session);
    }

    /// <summary>The session of a cookie under a name; null when there is none, or it is over.</summary>
    public AdminSession? Find(string cookie, string host) =>
        _sessions.TryGetValue(KeyOf(cookie), out AdminSession? session) && session.Host == host
        && IsValid(session, time.GetUtcNow()) ? session : null;

    /// <summary>Whether a session still counts.</summary>
    public bool IsValid(AdminSession session) => _sessions.Values.Contains(session) && IsValid(session, time.GetUtcNow());

    /// <summary>Ends the sessions of cookies.</summary>
    public void End(IEnumerable<string> cookies)
    {
        foreach (string cookie in cookies)
        {
            _sessions.TryRemove(KeyOf(cookie), out _);
        }
    }

    private bool IsValid(AdminSession session, DateTimeOffset now) =>
        now - session.LastUsed < IdleLimit && now - session.Since < LongestLife && admin.IsStillAdmin(session.Identity);

    private static string Secret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    private static string KeyOf(string cookie) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cookie)));
}
