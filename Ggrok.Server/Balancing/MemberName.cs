using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Balancing;

/// <summary>
/// A member as cookies and hashes name it. Made of the client's id, which is secret and stays: nobody can make one up, and it
/// holds after a restart of either side.
/// </summary>
/// <param name="Token">What the cookie says.</param>
/// <param name="Seed">What the rendezvous hash begins with.</param>
internal sealed record MemberName(string Token, ulong Seed)
{
    private const int TokenBytes = 15;

    /// <summary>No name yet.</summary>
    public static MemberName None { get; } = new("", 0);

    /// <summary>The name of a member.</summary>
    /// <param name="key">The pool's name.</param>
    /// <param name="owner">Its client.</param>
    /// <param name="isFirst">No other member is of the same installation; several are told apart by their runs.</param>
    public static MemberName Of(RouteKey key, RouteOwner owner, bool isFirst)
    {
        string text = string.Join('\0', "ggrok member", key.Host, key.Path, key.Condition, owner.ClientId, isFirst ? "" : owner.Instance);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return new MemberName(Base64Url.EncodeToString(hash.AsSpan(0, TokenBytes)), BinaryPrimitives.ReadUInt64BigEndian(hash.AsSpan(TokenBytes)));
    }

    /// <summary>How much this member is the one for an address: the greatest wins. A member that comes or goes moves its own share only.</summary>
    public ulong ScoreFor(ReadOnlySpan<char> address)
    {
        // FNV-1a, and the finish of MurmurHash3 so that every bit of the sum depends on every bit before it.
        ulong hash = Seed ^ 0xcbf29ce484222325;
        foreach (char c in address)
        {
            hash = (hash ^ c) * 0x100000001b3;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
