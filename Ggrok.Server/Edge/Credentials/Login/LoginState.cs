using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>
/// What travels to the provider and back (the parameter <c>state</c>), sealed: where the login began. The server keeps nothing, so
/// that no number of logins that were begun costs it memory.
/// </summary>
/// <param name="Path">Path of the tunnel.</param>
/// <param name="Condition">Its conditions.</param>
/// <param name="IsClients">Whose login it is: the client's or the server's own.</param>
/// <param name="Target">Where the visitor wanted to go.</param>
/// <param name="Salt">Makes this attempt another one than all others.</param>
/// <param name="Browser">Hash of the browser's own secret: the state is good in that browser only.</param>
/// <param name="Expires">Until when it is good.</param>
internal sealed record LoginState(string Path, string Condition, bool IsClients, string Target, string Salt, string Browser, DateTimeOffset Expires);

/// <summary>
/// The browser's secret, which it holds while it logs in. Nonce and verifier of each attempt come of it: several tabs may log in at
/// once with one cookie.
/// </summary>
internal sealed class BrowserSecret
{
    private const int Bytes = 32;

    private readonly byte[] _secret;

    private BrowserSecret(byte[] secret)
    {
        _secret = secret;
        Text = Base64Url.EncodeToString(secret);
    }

    /// <summary>As the cookie holds it.</summary>
    public string Text { get; }

    /// <summary>What the state knows of it.</summary>
    public string Hash => Base64Url.EncodeToString(SHA256.HashData(_secret));

    /// <summary>A new one.</summary>
    public static BrowserSecret New() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>The one of a cookie; null when it is none.</summary>
    public static BrowserSecret? Parse(string? text) =>
        text is not null && Base64Url.IsValid(text, out int length) && length == Bytes ? new BrowserSecret(Base64Url.DecodeFromChars(text)) : null;

    /// <summary>Whether a state was made for this browser.</summary>
    public bool Fits(LoginState state) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash), Encoding.ASCII.GetBytes(state.Browser));

    /// <summary>Binds the ID token to the attempt (OpenID Connect Core section 3.1.2.1).</summary>
    public string Nonce(string salt) => Derive("nonce", salt);

    /// <summary>Binds the code to the attempt (RFC 7636).</summary>
    public string Verifier(string salt) => Derive("verifier", salt);

    private string Derive(string purpose, string salt) => Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(purpose + "\n" + salt)));
}
