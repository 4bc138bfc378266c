using System.Globalization;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Api;

/// <summary>One request of the API, of somebody who is known.</summary>
/// <param name="context">The request.</param>
/// <param name="desk">Does what is asked for.</param>
/// <param name="own">The tunnels that it may be about.</param>
/// <param name="dropped">Is told in words what was removed.</param>
/// <param name="refuse">Answers what cannot be done, with a status and a sentence.</param>
internal sealed class InboxCall(HttpContext context, InboxDesk desk, InboxTunnel[] own, Action<string> dropped, Func<int, string, Task> refuse)
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    /// <summary>Answers it.</summary>
    /// <param name="path">What follows <c>/inbox/</c>.</param>
    public Task ServeAsync(string path)
    {
        string[] words = path.Split('/', 2);
        return (context.Request.Method, words[0], words.Length > 1 ? words[1] : null) switch
        {
            ("GET", "items", null) => ListAsync(),
            ("DELETE", "items", null) => DropManyAsync(),
            ("POST", "deliver", null) => DeliverManyAsync(),
            ("GET", "tunnels", null) => TunnelsAsync(),
            ("DELETE", "tunnels", { Length: > 0 } tunnel) => ForgetAsync(tunnel),
            (_, "items", { Length: > 0 } item) => ItemAsync(item),
            _ => UnknownAsync(),
        };
    }

    private async Task ListAsync()
    {
        if (!TryQuery(usualState: "all", out InboxQuery query, out string? problem))
        {
            await RefuseAsync(StatusCodes.Status400BadRequest, problem!).ConfigureAwait(false);
            return;
        }

        string limitText = context.Request.Query["limit"].ToString();
        int limit = UsualLimit;
        if (limitText.Length > 0 && !(int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostLimit))
        {
            await RefuseAsync(StatusCodes.Status400BadRequest, $"limit is a number from 1 to {MostLimit}.").ConfigureAwait(false);
            return;
        }

        string after = context.Request.Query["after"].ToString();
        IReadOnlyList<InboxItem> items = await desk.Store.ListAsync(query with { After = after.Length == 0 ? null : after, Limit = limit + 1 }).ConfigureAwait(false);
        bool hasMore = items.Count > limit;
        ItemInfo[] page = [.. items.Take(limit).Select(ItemInfo.Of)];
        await InboxAnswers.AnswerAsync(context, StatusCodes.Status200OK, new ItemPage(page, hasMore ? page[^1].Id : null), InboxJson.Relaxed.ItemPage).ConfigureAwait(false);
    }

    private async Task ItemAsync(string rest)
    {
        string[] words = rest.Split('/');
        IReadOnlyList<InboxItem> found = await desk.Store.ListAsync(Mine(words[0])).ConfigureAwait(false);
        if (found.Count == 0)
        {
            await RefuseAsync(StatusCodes.Status404NotFound, $"There is no request {Printable.Clean(words[0])} here: it was delivered, became too old, or is somebody else's.").ConfigureAwait(false);
            return;
        }

        await ((context.Request.Method, words.Length > 1 ? words[1] : null, words.Length) switch
        {
            ("GET", null, 1) => DetailsAsync(found[0]),
            ("GET", "body", 2) => BodyAsync(found[0]),
            ("POST", "deliver", 2) => DeliverAsync(found[0]),
            ("DELETE", null, 1) => DropAsync(found[0]),
            _ => UnknownAsync(),
        }).ConfigureAwait(false);
    }

    private async Task DetailsAsync(InboxItem item)
    {
        if (await desk.Store.ReadAsync(item).ConfigureAwait(false) is { } request)
        {
            await InboxAnswers.AnswerAsync(context, StatusCodes.Status200OK, new ItemDetails(item, request), InboxJson.Relaxed.ItemDetails).ConfigureAwait(false);
        }
        else
        {
            await GoneAsync(item).ConfigureAwait(false);
        }
    }

    private async Task BodyAsync(InboxItem item)
    {
        await using Stream? body = await desk.Store.OpenBodyAsync(item).ConfigureAwait(false);
        if (body is null)
        {
            await GoneAsync(item).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = item.BodyBytes;
        context.Response.Headers.CacheControl = "no-store";
        await body.CopyToAsync(context.Response.Body).ConfigureAwait(false);
    }

    private async Task DeliverAsync(InboxItem item)
    {
        await desk.Store.DeliverAgainAsync(Mine(item.Id)).ConfigureAwait(false);
        IReadOnlyList<InboxItem> now = await desk.Store.ListAsync(Mine(item.Id)).ConfigureAwait(false);

        // It may be there already, and so not here any more.
        InboxItem shown = now.Count > 0 ? now[0] : item with { IsDead = false, NextAttempt = null };
        await InboxAnswers.AnswerAsync(context, StatusCodes.Status202Accepted, ItemInfo.Of(shown), InboxJson.Relaxed.ItemInfo).ConfigureAwait(false);
    }

    private async Task DeliverManyAsync()
    {
        if (!TryQuery(usualState: "all", out InboxQuery query, out string? problem))
        {
            await RefuseAsync(StatusCodes.Status400BadRequest, problem!).ConfigureAwait(false);
            return;
        }

        int count = await desk.Store.DeliverAgainAsync(query).ConfigureAwait(false);
        await InboxAnswers.AnswerAsync(context, StatusCodes.Status202Accepted, new ItemCount(count), InboxJson.Relaxed.ItemCount).ConfigureAwait(false);
    }

    private async Task DropAsync(InboxItem item)
    {
        await desk.DropAsync(Mine(item.Id)).ConfigureAwait(false);
        dropped($"{item.Id} from the inbox of {item.Tunnel}");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DropManyAsync()
    {
        if (!TryQuery(usualState: "all", out InboxQuery query, out string? problem))
        {
            await RefuseAsync(StatusCodes.Status400BadRequest, problem!).ConfigureAwait(false);
            return;
        }

        int count = await desk.DropAsync(query).ConfigureAwait(false);
        if (count > 0)
        {
            dropped($"{count} requests from the inboxes of {string.Join(", ", query.Tunnels)}");
        }

        await InboxAnswers.AnswerAsync(context, StatusCodes.Status200OK, new ItemCount(count), InboxJson.Relaxed.ItemCount).ConfigureAwait(false);
    }

    private async Task TunnelsAsync() => await InboxAnswers.AnswerAsync(
        context, StatusCodes.Status200OK, new InboxTunnelList(await desk.DescribeAsync(own).ConfigureAwait(false)), InboxJson.Relaxed.InboxTunnelList).ConfigureAwait(false);

    private async Task ForgetAsync(string given)
    {
        // The server decodes a path but for slashes, which are the only thing that is left to be decoded.
        string name = given.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if ((Array.Find(own, t => t.Name == given) ?? Array.Find(own, t => t.Name == name)) is not { } tunnel)
        {
            await RefuseAsync(StatusCodes.Status404NotFound, $"{Printable.Clean(name)} is no tunnel with an inbox; {Names()}").ConfigureAwait(false);
            return;
        }

        bool drops = context.Request.Query["drop"] == "true";
        if (!await desk.ForgetAsync(tunnel, drops).ConfigureAwait(false))
        {
            await RefuseAsync(StatusCodes.Status409Conflict, $"There are requests in the inbox of {tunnel.Name}; have them delivered first, or drop them with the name.").ConfigureAwait(false);
            return;
        }

        dropped($"the name {tunnel.Name} with its inbox");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private bool TryQuery(string usualState, out InboxQuery query, out string? problem)
    {
        query = Own([.. own.Select(t => t.Name)]);
        problem = null;
        string tunnel = context.Request.Query["tunnel"].ToString();
        if (tunnel.Length > 0)
        {
            if (!Array.Exists(own, t => t.Name == tunnel))
            {
                problem = $"{Printable.Clean(tunnel)} is no tunnel with an inbox; {Names()}";
                return false;
            }

            query = query with { Tunnels = [tunnel] };
        }

        string state = context.Request.Query["state"].ToString() is { Length: > 0 } given ? given : usualState;
        query = query with { IsDead = state switch { "waiting" => false, "dead" => true, _ => null } };
        problem = state is "waiting" or "dead" or "all" ? null : "state is waiting, dead or all.";
        return problem is null;
    }

    private InboxQuery Mine(string id) => Own([.. own.Select(t => t.Name)]) with { Id = id };

    // Not what is left of others who had the names before.
    private InboxQuery Own(string[] tunnels) => new(tunnels) { Owners = [.. own.SelectMany(t => t.Owners).Distinct()] };

    private string Names() => own.Length == 0 ? "there is none." : $"there are {string.Join(", ", own.Select(t => t.Name))}.";

    private Task GoneAsync(InboxItem item) => RefuseAsync(StatusCodes.Status404NotFound, $"The request {item.Id} is not there any more: it was delivered or dropped just now.");

    private Task UnknownAsync() => RefuseAsync(StatusCodes.Status404NotFound, "There is no such thing in the API of the inbox; docs/inbox.md lists it.");

    private Task RefuseAsync(int status, string message) => refuse(status, message);
}
