using Ggrok.Client.Connection;
using Ggrok.Client.Inbox;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Inbox;

/// <summary>What waits at the server for the tunnels of this client. The server is asked when somebody looks.</summary>
internal sealed class InboxEndpoints(InspectorState state, InboxSource source) : IEndpoints
{
    private const int MostItems = 500;
    private const int LargestBody = 4 * 1024 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/inbox", ViewAsync);
        routes.MapDelete("/api/inbox/items", context => ManyAsync(context, static (client, choice, gone) => client.DropAsync(choice, gone)));
        routes.MapPost("/api/inbox/deliver", context => ManyAsync(context, static (client, choice, gone) => client.DeliverAsync(choice, gone)));
        routes.MapGet("/api/inbox/items/{id}", ShowAsync);
        routes.MapGet("/api/inbox/items/{id}/body", BodyAsync);
        routes.MapDelete("/api/inbox/items/{id}", DropAsync);
        routes.MapPost("/api/inbox/items/{id}/deliver", DeliverAsync);
    }

    private async Task ViewAsync(HttpContext context)
    {
        InboxView view;
        try
        {
            view = await source.AskAsync(client => ViewAsync(client, context.RequestAborted), context.RequestAborted).ConfigureAwait(false);
        }
        catch (ServerApiException e)
        {
            // Whoever looks again and again wants to read why, and no failed request each time.
            view = new InboxView { Inboxes = [], Items = [], Problem = e.Message };
        }

        await context.JsonAsync(view, InspectorJson.Relaxed.InboxView).ConfigureAwait(false);
    }

    private async Task<InboxView> ViewAsync(InboxClient client, CancellationToken gone)
    {
        InboxTunnel[] inboxes = await OwnAsync(client, gone).ConfigureAwait(false);
        var items = new List<InboxItem>();
        foreach (InboxTunnel inbox in inboxes.Where(t => t.Waiting + t.Dead > 0))
        {
            await foreach (InboxItem item in client.ItemsAsync(new InboxChoice(InboxChoice.All, inbox.Tunnel), MostItems + 1 - items.Count, gone).ConfigureAwait(false))
            {
                items.Add(item);
            }

            if (items.Count > MostItems)
            {
                break;
            }
        }

        return new InboxView { Inboxes = inboxes, Items = [.. items.Take(MostItems)], More = items.Count > MostItems };
    }

    private async Task ShowAsync(HttpContext context)
    {
        (InboxItemDetails item, CapturedBody body, HeaderField[] fields) = await FetchAsync(context).ConfigureAwait(false);
        var details = new StoredDetails(Summary(item), item.Version, item.Headers, BodyProjection.Of(body, fields));
        await context.JsonAsync(details, InspectorJson.Relaxed.StoredDetails).ConfigureAwait(false);
    }

    private async Task BodyAsync(HttpContext context)
    {
        (InboxItemDetails item, CapturedBody body, HeaderField[] fields) = await FetchAsync(context).ConfigureAwait(false);
        if (body.IsTruncated)
        {
            throw new ApiException(StatusCodes.Status413PayloadTooLarge, $"The body has {ByteSizes.Format(item.Bytes)}, more than is shown here.", $"Write it to a file with: ggrok inbox show {item.Id} --body");
        }

        bool decoded = context.Request.SwitchOf("decoded");
        await BodyAnswer.SendAsync(context, decoded ? ContentDecoder.Decode(body, fields, LargestBody).Bytes : body.Bytes, fields.MediaType(), item.Id).ConfigureAwait(false);
    }

    // Of a body that is too large to be shown nothing is fetched.
    private Task<(InboxItemDetails Item, CapturedBody Body, HeaderField[] Fields)> FetchAsync(HttpContext context)
    {
        string id = IdOf(context);
        return AskAsync(context, async client =>
        {
            InboxItemDetails item = await client.ItemAsync(id, context.RequestAborted).ConfigureAwait(false);
            using var bytes = new MemoryStream();
            if (item.Bytes is > 0 and <= LargestBody)
            {
                await client.CopyBodyAsync(id, bytes, context.RequestAborted).ConfigureAwait(false);
            }

            HeaderField[] fields = [.. item.Headers.Where(h => h.Length == 2).Select(h => new HeaderField(h[0], h[1]))];
            return (item, new CapturedBody(bytes.ToArray(), item.Bytes, []), fields);
        });
    }

    private async Task DeliverAsync(HttpContext context)
    {
        string id = IdOf(context);
        InboxItem item = await AskAsync(context, client => client.DeliverAsync(id, context.RequestAborted)).ConfigureAwait(false);
        await context.JsonAsync(item, InspectorJson.Relaxed.InboxItem).ConfigureAwait(false);
    }

    private async Task DropAsync(HttpContext context)
    {
        string id = IdOf(context);
        await AskAsync(context, async client =>
        {
            await client.DropAsync(id, context.RequestAborted).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // Other tunnels of the same installation are another client's.
    private async Task ManyAsync(HttpContext context, Func<InboxClient, InboxChoice, CancellationToken, Task<int>> act)
    {
        string given = context.Request.Query["state"].ToString();
        string wanted = given is "" or InboxChoice.All ? InboxChoice.All : given is InboxItem.Waiting or InboxItem.Dead ? given
            : throw new ApiException(StatusCodes.Status400BadRequest, "state must be waiting, dead or all.");
        string tunnel = context.Request.Query["tunnel"].ToString();
        int count = await AskAsync(context, async client =>
        {
            int sum = 0;
            foreach (InboxTunnel inbox in (await OwnAsync(client, context.RequestAborted).ConfigureAwait(false)).Where(t => tunnel.Length == 0 || t.Tunnel == tunnel))
            {
                sum += await act(client, new InboxChoice(wanted, inbox.Tunnel), context.RequestAborted).ConfigureAwait(false);
            }

            return sum;
        }).ConfigureAwait(false);
        await context.JsonAsync(new InboxCount(count), InspectorJson.Relaxed.InboxCount).ConfigureAwait(false);
    }

    private async Task<InboxTunnel[]> OwnAsync(InboxClient client, CancellationToken gone)
    {
        IReadOnlyList<PublicTunnel> own = state.Session.View.Tunnels;
        return [.. (await client.TunnelsAsync(gone).ConfigureAwait(false)).Where(t => own.Any(o => InboxNames.IsOf(t, o.Url)))];
    }

    private async Task<T> AskAsync<T>(HttpContext context, Func<InboxClient, Task<T>> ask)
    {
        try
        {
            return await source.AskAsync(ask, context.RequestAborted).ConfigureAwait(false);
        }
        catch (ServerApiException e)
        {
            throw new ApiException(e.Status is >= 400 and < 500 and not 401 ? e.Status : StatusCodes.Status502BadGateway, e.Message);
        }
    }

    private static string IdOf(HttpContext context) => InboxId.Canonical((string)context.GetRouteValue("id")!) is { Length: InboxId.Length } id
        ? id
        : throw new ApiException(StatusCodes.Status404NotFound, "There is no stored request with this id.", "GET /api/inbox lists them.");

    private static InboxItem Summary(InboxItemDetails item) => new(
        item.Id, item.Tunnel, item.Method, item.Target, item.Received, item.Bytes, item.State, item.Attempts, item.NextAttempt, item.LastFailure, item.Provider, item.ProviderId, item.Remote);
}
