using System.Runtime.CompilerServices;
using Ggrok.Server.Relay;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>The last step of a visitor's request: into the tunnel of its route, or of a member of the route's pool.</summary>
internal sealed partial class MemberRelay(
    HttpRelay http, UpgradeRelay upgrades, TunnelRegistry registry, TunnelWaiting waiting, TimeProvider time, ILogger<MemberRelay> log)
{
    // A name that changes hands more often while a request is on its way is nobody's fault but its client's.
    private const int MostMoves = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Relays the request; returns how it failed. The response may have started by then.</summary>
    public ValueTask<RelayError> RelayAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record) =>
        record.Edge?.Retry is { } retry
            ? RelayAgainAsync(context, connection, route, head, record, retry)
            : RelayOnceAsync(context, connection, route, head, record, kept: null);

    // Once, and then for as long as it is allowed: the local service may be restarting, or the client on its way back.
    private async ValueTask<RelayError> RelayAgainAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record, RetryOptions retry)
    {
        KeptBody? kept = head.HasBody ? new KeptBody() : null;
        RelayError error = await RelayOnceAsync(context, connection, route, head, record, kept).ConfigureAwait(false);
        long failed = time.GetTimestamp();
        for (TimeSpan pause = FirstPause; error != RelayError.None; pause = Shorter(pause * 2, LongestPause))
        {
            bool mayAgain = RetryRule.AllowsLater(error, head, record, kept is null || kept.IsComplete, retry.Repeats);
            if (!mayAgain || time.GetElapsedTime(failed) + pause > retry.For)
            {
                return error;
            }

            await Task.Delay(pause, time, context.RequestAborted).ConfigureAwait(false);
            if (registry.Find(route.Key) is not { } now)
            {
                return error;
            }

            LogLater(record.Id, error);
            record.BeginAgain();
            error = await RelayOnceAsync(context, connection, now, head, record, kept).ConfigureAwait(false);
        }

        return error;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> RelayOnceAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record, KeptBody? kept)
    {
        // The client may never come back for it, and another run of it may.
        kept ??= head.HasBody && route is { Pool: null, Tunnel.IsSuspended: true } ? new KeptBody() : null;
        RelayError error = await RelayToAsync(context, connection, route, head, record, kept).ConfigureAwait(false);
        return MayMove(error, head, record, kept)
            ? await MoveAsync(context, connection, route, head, record, kept, error).ConfigureAwait(false)
            : Unsent(error, record);
    }

    private ValueTask<RelayError> RelayToAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record, KeptBody? kept)
    {
        head.Waited = time.GetElapsedTime(record.Started);
        if (route.Pool is { } pool)
        {
            return BalanceAsync(context, connection, pool, head, record, kept);
        }

        if (route.Tunnel is not { } tunnel)
        {
            return route.Legacy is { } legacy ? new(legacy.RelayAsync(context, head, record)) : new(RelayError.TunnelAway);
        }

        MuxStream? stream = tunnel.TryOpenStream(out RelayError error);
        head.Tunnel = route.TunnelIndex;
        return stream is null ? new(error) : RelayAsync(context, connection, stream, head, record, kept);
    }

    // The client is gone, or goes, and has seen nothing of the request: whoever serves the name next gets it.
    private static bool MayMove(RelayError error, RequestHead head, ExchangeRecord record, KeptBody? kept) =>
        error is RelayError.TunnelLost or RelayError.Draining or RelayError.TunnelAway && !record.IsSent
        && (!head.HasBody || record.RequestBytes == 0 || kept is { IsComplete: true });

    private async ValueTask<RelayError> MoveAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record, KeptBody? kept, RelayError error)
    {
        for (int moves = 0; moves < MostMoves && MayMove(error, head, record, kept); moves++)
        {
            (TunnelRoute? next, RelayError waited) = await waiting.SuccessorOfAsync(route, context.RequestAborted).ConfigureAwait(false);
            if (next is null)
            {
                return waited == RelayError.None ? Unsent(error, record) : waited;
            }

            route = next;
            record.BeginAgain();
            error = await RelayToAsync(context, connection, route, head, record, kept).ConfigureAwait(false);
        }

        return Unsent(error, record);
    }

    // The stream ends with the exchange, whatever becomes of it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> RelayAsync(
        HttpContext context, VisitorConnection connection, MuxStream stream, RequestHead head, ExchangeRecord record, KeptBody? kept)
    {
        RelayError error = RelayError.Internal;
        try
        {
            error = head.Upgrade is null
                ? await http.RelayAsync(context, connection, stream, head, record, kept).ConfigureAwait(false)
                : await upgrades.RelayAsync(context, stream, head, record).ConfigureAwait(false);
            return error;
        }
        finally
        {
            record.IsSent &= !stream.NeverLeft;
            if (error != RelayError.None)
            {
                stream.Reset(error);
            }
        }
    }

    private async ValueTask<RelayError> BalanceAsync(
        HttpContext context, VisitorConnection connection, Pool pool, RequestHead head, ExchangeRecord record, KeptBody? kept)
    {
        TunnelRoute[] members = pool.Members;
        StickyAnswer? sticky = pool.Rule == BalanceRule.StickyCookie ? StickyAnswer.For(context, pool, head) : null;
        var preference = new Preference(head.Remote, sticky?.Asked);
        kept ??= head.HasBody && members.Length > 1 ? new KeptBody() : null;
        ulong tried = 0;
        RelayError? last = null;
        while (MemberChoice.Choose(pool, members, tried, preference) is var chosen and >= 0)
        {
            tried |= 1UL << chosen;
            if (last is { } before)
            {
                LogAgain(record.Id, before, Printable.Clean(members[chosen].Owner.Label));
            }

            sticky?.Chosen = members[chosen].Member!.Name.Token;
            record.BeginAgain();
            last = await TryAsync(context, connection, members[chosen], head, record, kept).ConfigureAwait(false);
            if (last == RelayError.None)
            {
                return RelayError.None;
            }

            if (!RetryRule.Allows(last.Value, head, record.IsSent, record.IsAnswered, kept is null || kept.IsComplete))
            {
                break;
            }
        }

        sticky?.Chosen = null;
        return last is { } error ? Unsent(error, record) : NobodyOf(members);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RelayError> TryAsync(
        HttpContext context, VisitorConnection connection, TunnelRoute route, RequestHead head, ExchangeRecord record, KeptBody? kept)
    {
        MuxStream? stream = route.Tunnel!.TryOpenStream(out RelayError error);
        if (stream is null)
        {
            return error;
        }

        Member member = route.Member!;
        head.Tunnel = route.TunnelIndex;
        member.Begin();
        try
        {
            error = await RelayAsync(context, connection, stream, head, record, kept).ConfigureAwait(false);
        }
        finally
        {
            member.End();
        }

        if (member.Observe(record.IsAnswered, error, record.HasOwnLimit))
        {
            LogTakenOut(Printable.Clean(route.Owner.Label), route.Key.ToString(), error);
        }

        return error;
    }

    // Lost before it left: whoever asks again repeats nothing.
    private static RelayError Unsent(RelayError error, ExchangeRecord record) =>
        error == RelayError.TunnelLost && !record.IsSent ? RelayError.TunnelAway : error;

    // Why none of them could be used: a service that is known to be ill is worth more words than a client that leaves.
    private static RelayError NobodyOf(TunnelRoute[] members) =>
        Array.Exists(members, m => m.Member!.Health.State == HealthState.Unhealthy) ? RelayError.NoHealthyMember
        : members.Length == 0 ? RelayError.TunnelAway
        : RelayError.Draining;

    [LoggerMessage(Level = LogLevel.Information, Message = "{RequestId} failed with {Error} and is tried again at {Client}")]
    private partial void LogAgain(string requestId, RelayError error, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "{RequestId} failed with {Error} and is tried again")]
    private partial void LogLater(string requestId, RelayError error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Client} gets no requests of {Name} for a while: the last ones failed, with {Error}")]
    private partial void LogTakenOut(string client, string name, RelayError error);
}
