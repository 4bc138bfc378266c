using System.IO.Pipelines;
using Ggrok.Server.Edge;
using Ggrok.Server.Edge.Body;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Edge.Inbox;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>
/// Takes the requests of inboxes: lets them pass while the client is there and nothing waits, and stores them otherwise, or when
/// they could not be delivered.
/// </summary>
internal sealed partial class InboxIntake(
    IInboxStore store, InboxBook book, TunnelRegistry registry, InboxId ids, InboxCounts counts, TimeProvider time, ILogger<InboxIntake> log)
{
    // Who sends slowly only wants memory to be held.
    private static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(60);
    private const long MostHeld = 256L * 1024 * 1024;

    private static readonly TimeSpan FindTime = TimeSpan.FromSeconds(1);

    private static readonly long Most = Math.Min(MostHeld, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    private readonly HeldBytes _room = new(Most);

    /// <summary>A tunnel's share of the memory for bodies: one that is flooded leaves the others theirs.</summary>
    public HeldBytes ShareFor(InboxOptions options) => new(Math.Max(Most / 4, 2L * options.MaxBodyBytes), _room);

    /// <summary>Relays the request or stores it.</summary>
    public ValueTask<RelayError> TakeAsync(EdgeExchange exchange, EdgeNext next, string tunnel, InboxOptions options, HeldBytes room)
    {
        exchange.Context.Features.Set(InboxTurn.Taken);
        var arrival = new Arrival(exchange, tunnel, options, room);
        return store.HasWaiting(tunnel) || IsAway(exchange.Route) ? StoreAsync(arrival)

            // Those are small, and whether one was delivered already may stand in its body.
            : WebhookRecognizer.Recognize(exchange.Head.Headers, default) is not null ? PassWebhookAsync(arrival, next)
            : PassAsync(arrival, next);
    }

    private static bool IsAway(TunnelRoute route) => route.Pool is { } pool
        ? Array.TrueForAll(pool.Members, m => m.Tunnel is null or { IsSuspended: true })
        : route.IsAway || route.Tunnel is { IsSuspended: true };

    private async ValueTask<RelayError> StoreAsync(Arrival arrival)
    {
        using var body = new HeldBody(arrival.Options.MaxBodyBytes, arrival.Room);
        return await ReadAndKeepAsync(arrival, body).ConfigureAwait(false);
    }

    private async ValueTask<RelayError> ReadAndKeepAsync(Arrival arrival, HeldBody body)
    {
        RelayError error = await body.ReadAsync(arrival.Exchange.Context, BodyTime, time).ConfigureAwait(false);
        if (error != RelayError.None)
        {
            counts.CountRefused();
            return error;
        }

        return await KeepAsync(arrival, body.Bytes, Sameness.Of(arrival.Exchange, arrival.Tunnel, body.Bytes.Span)).ConfigureAwait(false);
    }

    private async ValueTask<RelayError> PassWebhookAsync(Arrival arrival, EdgeNext next)
    {
        HttpContext context = arrival.Exchange.Context;
        if (context.Request.ContentLength > arrival.Options.MaxBodyBytes)
        {
            return await next.InvokeAsync().ConfigureAwait(false);
        }

        using var body = new HeldBody(arrival.Options.MaxBodyBytes, arrival.Room);
        RelayError error = await body.ReadAsync(context, BodyTime, time).ConfigureAwait(false);
        if (error is RelayError.RequestBodyTooLarge or RelayError.ConcurrencyLimited)
        {
            // It cannot be kept, and needs not: the client is there.
            var whole = new PrefixedBody(body.Bytes, context.Request.BodyReader.AsStream(leaveOpen: true));
            context.Request.Body = whole;
            context.Features.Set<IRequestBodyPipeFeature>(new BodyFeature(PipeReader.Create(whole)));
            return await next.InvokeAsync().ConfigureAwait(false);
        }

        if (error != RelayError.None)
        {
            return error;
        }

        var same = Sameness.Of(arrival.Exchange, arrival.Tunnel, body.Bytes.Span);
        if (same.Hash is not null && await FindSameAsync(same.Hash).ConfigureAwait(false) is { } known)
        {
            if (known.AnswersFor(same.Provider))
            {
                counts.CountRepeated();
                return await AnswerAsync(arrival, known.Id).ConfigureAwait(false);
            }

            if (known.State == SameState.Dead)
            {
                // Else the dead letter would stay, whatever became of this one.
                return await KeepAsync(arrival, body.Bytes, same).ConfigureAwait(false);
            }
        }

        if (arrival.Exchange.Head.HasBody)
        {
            body.PutBack(context);
        }

        bool isAnswered = false;
        arrival.Exchange.OnResponse((_, _) => isAnswered = true);
        error = await next.InvokeAsync().ConfigureAwait(false);
        return !isAnswered && StorableFailure.Is(error) ? await KeepAsync(arrival, body.Bytes, same).ConfigureAwait(false) : error;
    }

    private async ValueTask<RelayError> PassAsync(Arrival arrival, EdgeNext next)
    {
        HttpContext context = arrival.Exchange.Context;
        if (context.Request.ContentLength > arrival.Options.MaxBodyBytes)
        {
            return await next.InvokeAsync().ConfigureAwait(false);
        }

        using var copy = new HeldBody(arrival.Options.MaxBodyBytes, arrival.Room);
        IRequestBodyPipeFeature original = context.Features.GetRequiredFeature<IRequestBodyPipeFeature>();
        Stream originalStream = context.Request.Body;
        var tee = new TeeBody(original.Reader, copy);
        if (arrival.Exchange.Head.HasBody)
        {
            // In this order: what reads the body as a stream takes the first, and setting it makes a reader of its own.
            context.Request.Body = tee.AsStream(leaveOpen: true);
            context.Features.Set<IRequestBodyPipeFeature>(new BodyFeature(tee));
        }

        bool isAnswered = false;
        arrival.Exchange.OnResponse((_, _) =>
        {
            isAnswered = true;
            tee.Drop();
        });
        RelayError error = await next.InvokeAsync().ConfigureAwait(false);
        if (isAnswered || !StorableFailure.Is(error) || !tee.IsKept)
        {
            return error;
        }

        if (arrival.Exchange.Head.HasBody)
        {
            context.Request.Body = originalStream;
            context.Features.Set(original);
        }

        // What was not read of it yet belongs to it, too.
        return tee.IsWhole || !arrival.Exchange.Head.HasBody
            ? await KeepAsync(arrival, copy.Bytes, Sameness.Of(arrival.Exchange, arrival.Tunnel, copy.Bytes.Span)).ConfigureAwait(false)
            : await ReadAndKeepAsync(arrival, copy).ConfigureAwait(false);
    }

    private async ValueTask<RelayError> KeepAsync(Arrival arrival, ReadOnlyMemory<byte> body, Sameness same)
    {
        (EdgeExchange exchange, string tunnel, InboxOptions options, _) = arrival;
        (InboxItem item, InboxRequest request) = StoredRequest.Of(exchange, tunnel, body.Length, same, ids.Next(), time.GetUtcNow());
        InboxReceipt receipt;
        try
        {
            if (!IsKept(exchange.Route, tunnel, options))
            {
                return RelayError.TunnelAway;
            }

            // A request whose tunnel is forgotten by a crash would be nobody's.
            await book.SavedAsync(tunnel).ConfigureAwait(false);
            receipt = await store.AddAsync(item, request, body, new InboxBounds(options.MaxRequests, options.MaxBytes)).ConfigureAwait(false);
            if (receipt.Id is not null && !(book.Find(tunnel) is { } kept && InboxOwner.IsSame(kept, exchange.Route)))
            {
                // Its owner lost the name meanwhile, and everything in the inbox was removed a moment ago.
                await store.DropAsync(new InboxQuery([tunnel]) { Id = receipt.Id }).ConfigureAwait(false);
                return RelayError.TunnelAway;
            }
        }
        catch (InboxStoreException e)
        {
            counts.CountRefused();
            LogNotStored(exchange.Record.Id, tunnel, e.Message);
            return e.IsFull ? RelayError.InboxFull : RelayError.InboxUnavailable;
        }

        if (receipt.Id is null)
        {
            counts.CountRefused();
            return RelayError.InboxFull;
        }

        if (receipt.IsNew)
        {
            counts.CountAccepted();
        }
        else
        {
            counts.CountRepeated();
        }

        return await AnswerAsync(arrival, receipt.Id).ConfigureAwait(false);
    }

    // The name may have changed hands while the request was on its way; and the server's policies may have an inbox for a tunnel
    // that was there before them.
    private bool IsKept(TunnelRoute route, string tunnel, InboxOptions options)
    {
        if (book.Find(tunnel) is { } known)
        {
            return InboxOwner.IsSame(known, route);
        }

        if (registry.Find(route.Key) is not { } current || !current.Owner.IsSameParty(route.Owner))
        {
            return false;
        }

        book.Keep(InboxRoute.ToTunnel(current, options.MaxAge, time.GetUtcNow()));
        return true;
    }

    // Whether it was delivered cannot be told while the store fails; that it comes twice is better than that it does not come.
    private async ValueTask<SameRequest?> FindSameAsync(string sameness)
    {
        try
        {
            return await store.FindSameAsync(sameness).WaitAsync(FindTime, time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InboxStoreException or TimeoutException)
        {
            return null;
        }
    }

    private static async ValueTask<RelayError> AnswerAsync(Arrival arrival, string id)
    {
        HttpResponse response = arrival.Exchange.Answer(arrival.Options.Answer.Status);
        response.Headers[VisitorHeaders.DeliveryId] = id;
        if (arrival.Options.Answer.Text.Length > 0)
        {
            response.ContentType = "text/plain; charset=utf-8";
            byte[] text = System.Text.Encoding.UTF8.GetBytes(arrival.Options.Answer.Text);
            response.ContentLength = text.Length;
            arrival.Exchange.Record.ResponseBytes = text.Length;
            await response.Body.WriteAsync(text).ConfigureAwait(false);
        }

        return RelayError.None;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} could not be stored in the inbox of {Tunnel}: {Problem}")]
    private partial void LogNotStored(string requestId, string tunnel, string problem);

    private sealed record Arrival(EdgeExchange Exchange, string Tunnel, InboxOptions Options, HeldBytes Room);
}
