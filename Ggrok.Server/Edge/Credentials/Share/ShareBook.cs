using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Share;

/// <summary>
/// Every share link, in memory, by the hash of its secret: that a link is good once can be known in one place only. They outlive
/// the client's session, not the server, and are forgotten when nobody has held the tunnel for a day.
/// </summary>
internal sealed class ShareBook(TunnelRegistry registry, TimeProvider time)
{
    private const int MostOfClient = 200;

    // A client chooses its id as it likes.
    private const int MostOfIdentity = 1_000;
    private const int Most = 20_000;
    private const int SecretBytes = 18;
    private const int IdBytes = 5;
    private static readonly TimeSpan LongestUnheld = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ShareLink> _bySecret = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShareLink> _byId = new(StringComparer.Ordinal);

    /// <summary>Makes a link; null when this client, its token or certificate, or the server has as many as it may.</summary>
    public (ShareLink Link, string Secret)? Add(TunnelRoute route, string path, TimeSpan life, int uses)
    {
        string owner = TicketOwner.Of(route);
        string? identity = route.Owner.IsProven ? route.Owner.IdentityId : null;
        string secret = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            Forget(now);
            if (_byId.Values.Count(l => l.Owner == owner) >= MostOfClient
                || (identity is not null && !HasRoom(l => l.Identity == identity, MostOfIdentity))
                || !HasRoom(_ => true, Most))
            {
                return null;
            }

            var link = new ShareLink(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), route.Key, owner, identity, path, now, now + Shorter(life), uses);
            _bySecret.Add(Hash(secret), link);
            _byId.Add(link.Id, link);
            return (link, secret);
        }
    }

    /// <summary>The link with this secret, whether it can be used or not; null when there is none.</summary>
    public ShareLink? Find(string secret)
    {
        lock (_gate)
        {
            return _bySecret.GetValueOrDefault(Hash(secret));
        }
    }

    /// <summary>Uses a link up, once; false when it was used, ended or has expired.</summary>
    public bool TryUse(ShareLink link)
    {
        lock (_gate)
        {
            if (link.IsRevoked || link.UsesLeft == 0 || link.Expires <= time.GetUtcNow())
            {
                return false;
            }

            link.UsesLeft--;
            return true;
        }
    }

    /// <summary>Whether what a link gave counts no more because its owner ended it.</summary>
    public bool IsRevoked(string id)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(id, out ShareLink? link) && link.IsRevoked;
        }
    }

    /// <summary>Ends a link and what it gave; false when this client has none with this id.</summary>
    public bool Revoke(string id, string owner)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out ShareLink? link) || link.Owner != owner)
            {
                return false;
            }

            link.IsRevoked = true;
            return true;
        }
    }

    /// <summary>Links of a client that have not expired, the newest last.</summary>
    public IReadOnlyList<ShareLink> Of(string owner)
    {
        lock (_gate)
        {
            Forget(time.GetUtcNow());
            return [.. _byId.Values.Where(l => l.Owner == owner && !l.IsRevoked).OrderBy(l => l.Created)];
        }
    }

    /// <summary>Notes which tunnels nobody holds, and forgets links; to be called now and then.</summary>
    public void Look()
    {
        lock (_gate)
        {
            Forget(time.GetUtcNow());
        }
    }

    // Ended ones that were used stay until they would have expired: what they gave is refused as long.
    private void Forget(DateTimeOffset now)
    {
        foreach ((string hash, ShareLink link) in _bySecret.ToArray())
        {
            link.UnheldSince = registry.Find(link.Key) is null ? link.UnheldSince ?? now : null;
            if (link.Expires <= now || (now - link.UnheldSince > LongestUnheld && !link.IsNeeded))
            {
                Remove(hash, link);
            }
        }
    }

    // Where there is none, the one goes whose tunnel nobody has held for longest.
    private bool HasRoom(Func<ShareLink, bool> counts, int most)
    {
        if (_byId.Values.Count(counts) < most)
        {
            return true;
        }

        if (_bySecret.Where(p => counts(p.Value) && p.Value.UnheldSince is not null && !p.Value.IsNeeded).OrderBy(p => p.Value.UnheldSince)
            .FirstOrDefault() is not { Value: { } oldest, Key: { } secret })
        {
            return false;
        }

        Remove(secret, oldest);
        return true;
    }

    private void Remove(string hash, ShareLink link)
    {
        _bySecret.Remove(hash);
        _byId.Remove(link.Id);
    }

    private static TimeSpan Shorter(TimeSpan life) => life < ShareOptions.LongestLife ? life : ShareOptions.LongestLife;

    private static string Hash(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
