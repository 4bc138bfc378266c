using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>The server's own paths about credentials, the same on every host.</summary>
internal sealed class CredentialEndpoints(ShareEndpoint shares, ShareApi owners, LoginEndpoint logins)
{
    /// <summary>Serves a request below the server's own path; null when the path is none of these.</summary>
    public Task? Serve(HttpContext context) => Answer(context) is { } answer ? BoundAsync(context, answer) : null;

    private Task? Answer(HttpContext context) => context.Request.Path.Value switch
    {
        ShareEndpoint.Path => shares.ServeAsync(context),
        LoginMethod.CallbackPath => logins.CallbackAsync(context),
        LoginEndpoint.LogoutPath => logins.LogoutAsync(context),
        { } path when path == ShareApi.Path || path.StartsWith(ShareApi.Path + "/", StringComparison.Ordinal) => owners.ServeAsync(context),
        _ => null,
    };

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
