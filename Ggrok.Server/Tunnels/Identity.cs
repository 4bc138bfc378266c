using Ggrok.Server.Tokens;

namespace Ggrok.Server.Tunnels;

/// <summary>Who registers, as far as the server knows, and what that allows.</summary>
/// <param name="Id">Name for logs and limits: of the token or the certificate, never the secret itself.</param>
/// <param name="Grants">What it may do.</param>
/// <param name="IsAnybody">Everybody is let in as this: it tells nobody apart.</param>
public sealed record Identity(string Id, Grants Grants, bool IsAnybody = false)
{
    /// <summary>The token, which may be revoked, expire or change; null for a certificate and on an open server.</summary>
    internal TokenEntry? Token { get; init; }
}
