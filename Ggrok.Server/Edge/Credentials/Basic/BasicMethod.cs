using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Basic;

/// <summary>
/// User and password (RFC 7617, UTF-8). A password that fitted once is known again by a keyed hash, so that only the first request
/// costs what guessing shall cost. A user that there is not costs as much as a wrong password.
/// </summary>
internal sealed class BasicMethod : ICredentialMethod
{
    private const string Scheme = "Basic ";
    private const int LongestGiven = 1024;

    private static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<string, Account> _accounts;
    private readonly PasswordHash[] _decoys;
    private readonly ConcurrentDictionary<string, Lazy<Task<FindingKind>>> _running = new(StringComparer.Ordinal);
    private readonly PasswordQueue _queue;

    public BasicMethod(AuthOptions options, PasswordQueue queue)
    {
        _queue = queue;
        _accounts = options.Users.ToDictionary(u => u.Name, u => new Account(u.Hash)
        {
            Known = u.Password is null ? null : Mac(Encoding.UTF8.GetBytes($"{u.Name}:{u.Password}")),
        }, StringComparer.Ordinal);
        _decoys = [.. options.Users.Select(u => u.Hash).OfType<PasswordHash>().Select(h => PasswordHash.OfNobody(h.Rounds))];
    }

    public string Challenge(string realm) => $"Basic realm={realm}, charset=\"UTF-8\"";

    public async ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses)
    {
        if (exchange.Context.Request.Headers.Authorization is not [{ } field] || !field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Finding.Nothing;
        }

        if (guesses.Wait is var wait && wait > TimeSpan.Zero)
        {
            return Finding.Slowed(wait);
        }

        if (Decode(field[Scheme.Length..]) is not { } given || Array.IndexOf(given, (byte)':') is not (> 0 and var colon))
        {
            return Finding.Refused;
        }

        string user = Encoding.UTF8.GetString(given, 0, colon);
        Account? account = _accounts.GetValueOrDefault(user);
        byte[] mac = Mac(given);
        if (account?.IsKnown(mac) == true)
        {
            return Finding.Accepted(user, "Authorization");
        }

        if ((account?.Hash ?? Decoy(user)) is not { } hash)
        {
            return Finding.Refused;
        }

        FindingKind kind = await ComputeAsync(account, hash, given[(colon + 1)..], mac, guesses, exchange.Route.Owner).ConfigureAwait(false);
        return kind switch
        {
            FindingKind.Accepted => Finding.Accepted(user, "Authorization"),
            FindingKind.Slowed => Finding.Slowed(guesses.Wait is var now && now > BusyWait ? now : BusyWait),
            _ => Finding.Refused,
        };
    }

    // A page has a browser send the same password many times at once: that is one computation.
    private async Task<FindingKind> ComputeAsync(Account? account, PasswordHash hash, byte[] password, byte[] mac, Guesses guesses, RouteOwner owner)
    {
        string key = Convert.ToHexString(mac);
        Lazy<Task<FindingKind>> computation = _running.GetOrAdd(key, new Lazy<Task<FindingKind>>(() => _queue.FitsAsync(hash, password, guesses, owner)));
        try
        {
            FindingKind kind = await computation.Value.ConfigureAwait(false);
            if (kind == FindingKind.Accepted)
            {
                account?.Remember(mac);
            }

            return account is null && kind == FindingKind.Accepted ? FindingKind.Refused : kind;
        }
        finally
        {
            _running.TryRemove(KeyValuePair.Create(key, computation));
        }
    }

    // Hashes of different users may cost differently: which one it is for a user that there is not shall not tell.
    private PasswordHash? Decoy(string user) => _decoys.Length == 0 ? null : _decoys[Mac(Encoding.UTF8.GetBytes(user))[0] % _decoys.Length];

    private byte[] Mac(byte[] credentials) => HMACSHA256.HashData(_key, credentials);

    private static byte[]? Decode(string text)
    {
        byte[] buffer = new byte[LongestGiven];
        return Convert.TryFromBase64String(text.Trim(), buffer, out int count) ? buffer[..count] : null;
    }

    private sealed class Account(PasswordHash? hash)
    {
        public PasswordHash? Hash => hash;

        /// <summary>Keyed hash of user and password, once they are known to be right.</summary>
        public byte[]? Known { get; set; }

        public void Remember(byte[] mac) => Known = mac;

        public bool IsKnown(byte[] mac) => Known is { } known && CryptographicOperations.FixedTimeEquals(known, mac);
    }
}
