using Ggrok.Server.Audit;
using Ggrok.Server.Dashboard.Access;
using Ggrok.Server.Inbox.Api;
using Ggrok.Server.Inbox.Storage;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>All inboxes: what an owner can do to their own an administrator can do to any.</summary>
internal sealed class InboxEndpoints(InboxDesk desk, AdminAccess admin, AuditLog audit)
{
    /// <summary>Answers what stands below <c>inbox/</c>.</summary>
    /// <exception cref="ApiException">The store fails.</exception>
    public async Task ServeAsync(HttpContext context, Administrator by, string path)
    {
        try
        {
            var call = new InboxCall(
                context, desk, [.. desk.Tunnels], what => audit.AdminAction(by.Identity, admin.RemoteOf(context), "dropped " + what),
                (status, message) => context.ProblemAsync(status, message));
            await call.ServeAsync(path).ConfigureAwait(false);
        }
        catch (InboxStoreException e) when (!context.Response.HasStarted)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "The inbox cannot be read or written now.", e.Message);
        }
    }
}
