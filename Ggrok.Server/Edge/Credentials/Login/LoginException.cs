using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>A login that comes to nothing.</summary>
/// <param name="error">What the visitor is told.</param>
/// <param name="reason">One sentence for the visitor; holds no secret.</param>
/// <param name="inner">What went wrong below.</param>
internal sealed class LoginException(RelayError error, string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>What the visitor is told.</summary>
    public RelayError Error => error;

    /// <summary>The provider gave no valid answer.</summary>
    public static LoginException Provider(string reason, Exception? inner = null) => new(RelayError.LoginProviderFailed, reason, inner);
}
