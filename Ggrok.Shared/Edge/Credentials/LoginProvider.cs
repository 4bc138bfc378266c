using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>Where visitors log in.</summary>
/// <param name="IsGitHub">GitHub speaks OAuth with an API of its own; all others OpenID Connect.</param>
/// <param name="Address">The issuer, or the site of GitHub or a GitHub Enterprise Server; without a slash at the end.</param>
public sealed record LoginProvider(bool IsGitHub, Uri Address)
{
    private const string GitHub = "github";
    private const string GitHubSite = "https://github.com";
    private const string Google = "google";
    private const string GoogleIssuer = "https://accounts.google.com";

    /// <summary>As people know it.</summary>
    public string Name => Text switch
    {
        GitHubSite => "GitHub",
        GoogleIssuer => "Google",
        _ => Address.Authority,
    };

    /// <summary>The address without a slash at the end.</summary>
    public string Text => Address.AbsoluteUri.TrimEnd('/');

    /// <summary>Reads <c>github</c>, <c>github=https://github.example.com</c>, <c>google</c> or an issuer.</summary>
    /// <exception cref="FormatException">It is none of them.</exception>
    public static LoginProvider Parse(string text) => text switch
    {
        GitHub => new(true, new Uri(GitHubSite)),
        Google => new(false, new Uri(GoogleIssuer)),
        _ when text.StartsWith(GitHub + "=", StringComparison.Ordinal) => new(true, Site(text[(GitHub.Length + 1)..], text)),
        _ => new(false, Site(text, text)),
    };

    /// <summary>Whether an address may be asked for secrets: https, or without TLS on this machine.</summary>
    public static bool IsTrustworthy(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    private static Uri Site(string address, string text) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme.StartsWith("http", StringComparison.Ordinal)
        && IsTrustworthy(uri) && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no login provider; write github, google, github=https://github.example.com, or the issuer of an OpenID Connect provider such as https://login.example.com");
}
