using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Shared.Protocol;

/// <summary>In Hello: the client can go on with a session over another connection.</summary>
/// <param name="BufferBytes">How many sent bytes it keeps at most until they are acknowledged.</param>
public sealed record ResumeOffer(int BufferBytes);

/// <summary>In Welcome: the session can be resumed.</summary>
/// <param name="Key">Secret of the session, base64url; <see cref="ResumeProof"/> is made with it. It is sent once.</param>
/// <param name="GraceMs">How long the session waits for another connection, in milliseconds.</param>
/// <param name="BufferBytes">How many sent bytes the server keeps at most until they are acknowledged.</param>
public sealed record ResumeGrant(string Key, int GraceMs, int BufferBytes);

/// <summary>In Hello: the client wants to go on with a session instead of opening one.</summary>
/// <param name="Session">Id of the session.</param>
/// <param name="Attempt">Number of this attempt, from 1; each is taken once, and none after a higher one.</param>
/// <param name="Received">Bytes of the session that the client has received.</param>
/// <param name="Proof">Proof that the client has the session's key, base64url.</param>
public sealed record ResumeRequest(string Session, long Attempt, long Received, string Proof);

/// <summary>
/// Proof that somebody may resume a session: HMAC-SHA256 (RFC 2104) under the session's key, of which each is good for one
/// attempt only. The key itself never travels again, so who hears a proof can do nothing with it.
/// </summary>
public static class ResumeProof
{
    /// <summary>Size of a key in bytes.</summary>
    public const int KeyBytes = 32;

    private const string Purpose = "ggrok.v1 resume";

    /// <summary>Whether a text is a key.</summary>
    public static bool IsKey(string key) =>
        Base64Url.IsValid(key, out int length) && length == KeyBytes;

    /// <summary>The proof for an attempt.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="session">Id of the session.</param>
    /// <param name="attempt">Number of the attempt.</param>
    /// <param name="received">Bytes of the session that the client has received.</param>
    public static byte[] Make(ReadOnlySpan<byte> key, string session, long attempt, long received)
    {
        byte[] id = Encoding.UTF8.GetBytes(Purpose + "\n" + session + "\n");
        byte[] text = new byte[id.Length + (2 * sizeof(long))];
        id.CopyTo(text, 0);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(id.Length), attempt);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(id.Length + sizeof(long)), received);
        return HMACSHA256.HashData(key, text);
    }

    /// <summary>Whether a request carries the right proof; takes the same time whatever is wrong with it.</summary>
    public static bool Holds(ReadOnlySpan<byte> key, ResumeRequest request)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        bool isProof = request.Proof.Length <= 64 && Base64Url.IsValid(request.Proof) && Base64Url.TryDecodeFromChars(request.Proof, given, out int length) && length == given.Length;
        return CryptographicOperations.FixedTimeEquals(given, Make(key, request.Session, request.Attempt, request.Received)) && isProof;
    }
}
