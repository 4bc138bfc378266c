using Ggrok.Server.Hosting;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>What all logins of the server share.</summary>
internal sealed class LoginServices(ServerOptions options, Sealer sealer, EndedLogins ended, ProviderDirectory providers, ProviderHttp http, TimeProvider time)
{
    /// <summary>Seals cookies and states.</summary>
    public Sealer Sealer => sealer;

    /// <summary>Logins that were ended.</summary>
    public EndedLogins Ended => ended;

    /// <summary>Clock.</summary>
    public TimeProvider Time => time;

    /// <summary>How the provider is spoken to.</summary>
    /// <param name="login">The login.</param>
    /// <param name="isClients">Whether a client named the provider.</param>
    public ILoginProtocol Protocol(LoginOptions login, bool isClients)
    {
        bool isGuarded = isClients && !options.LoginPrivate;
        return login.Provider.IsGitHub
            ? new GitHubProtocol(login, isGuarded, http)
            : new OpenIdProtocol(login, isGuarded, providers.Of(login.Provider, isGuarded), http, new IdTokenCheck(time));
    }
}
