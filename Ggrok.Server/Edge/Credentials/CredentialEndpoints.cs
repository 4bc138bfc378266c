using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>The server's own paths about credentials, the same on every host.</summary>
internal sealed class CredentialEndpoints(ShareEndpoint shares, ShareApi owners, LoginEndpoint logins)
{
    /// <summary>Whether a path below the server's own is one of these.</summary>
    public static bool Has(string? path) =>
        path is ShareEndpoint.Path or LoginMethod.CallbackPath or LoginEndpoint.LogoutPath || IsOfOwners(path);

    /// <summary>Serves a request of which <see cref="Has"/> says that it is one of these.</summary>
    public Task ServeAsync(HttpContext context) => BoundAsync(context, context.Request.Path.Value switch
    {
        ShareEndpoint.Path => shares.ServeAsync(context),
        LoginMethod.CallbackPath => logins.CallbackAsync(context),
        LoginEndpoint.LogoutPath => logins.LogoutAsync(context),
        _ => owners.ServeAsync(context),
    });

    private static bool IsOfOwners(string? path) => path == ShareApi.Path || path?.StartsWith(ShareApi.Path + "/", StringComparison.Ordinal) == true;

    // Who sends half a body, or goes away, gets no answer.
    private static async Task BoundAsync(HttpContext context, Task answer)
    {
        try
        {
            await answer.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidDataException)
        {
            context.Abort();
        }
    }
}
