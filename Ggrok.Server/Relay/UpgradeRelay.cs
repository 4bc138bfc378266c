using System.Security.Cryptography;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Relay;

/// <summary>
/// Upgrades (RFC 9110 section 7.8) and WebSockets over HTTP/2 (RFC 8441): the request head travels, and after the local
/// service's 101 bytes are spliced, untouched.
/// </summary>
internal sealed class UpgradeRelay(ServerOptions options)
{
    /// <summary>The protocol asked for, or null when the request is an ordinary one.</summary>
    public static string? ProtocolOf(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return connect.Protocol;
        }

        string upgrade = context.Request.Headers.Upgrade.ToString();

        // A server may ignore an upgrade; h2c would only hide the requests from the relay.
        return upgrade.Length == 0 || upgrade.Contains("h2c", StringComparison.OrdinalIgnoreCase)
            || context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest != true
            ? null
            : upgrade;
    }

    /// <summary>Relays the upgrade and the bytes after it. Returns how it failed.</summary>
    public async Task<RelayError> RelayAsync(HttpContext context, MuxStream stream, RequestHead head, ExchangeRecord record)
    {
        CancellationTokenRegistration gone = context.RequestAborted.UnsafeRegister(
            static s => ((MuxStream)s!).Reset(RelayError.VisitorGone), stream);
        try
        {
            PrepareExtendedConnect(context, head);
            record.IsSent = await HeadSender.WriteHeadAsync(stream, head).ConfigureAwait(false);
            if (!record.IsSent)
            {
                return stream.Error == RelayError.None ? RelayError.RequestHeadTooLarge : stream.Error;
            }

            stream.SetDeadline(record.Edge?.ResponseTimeout ?? options.ResponseTimeout, RelayError.ResponseHeadTimeout);
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind != FrameKind.Head)
            {
                return frame.Kind == FrameKind.Reset ? frame.Error : RelayError.ResponseHeadInvalid;
            }

            record.IsAnswered = true;
            ResponseHead response = HeadReader.ReadResponse(frame.Payload.Span);
            stream.Advance();
            stream.ClearDeadline();

            // From here on a visitor may half-close, which Kestrel would report as an abort; the splice sees it itself.
            await gone.DisposeAsync().ConfigureAwait(false);
            return response.Status == StatusCodes.Status101SwitchingProtocols
                ? await SpliceAsync(context, stream, response, record).ConfigureAwait(false)
                : await RefusedAsync(context, stream, response, record).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            return RelayError.ResponseHeadInvalid;
        }
        finally
        {
            await gone.DisposeAsync().ConfigureAwait(false);
        }
    }

    // The local service speaks HTTP/1.1: what HTTP/2 left out is put back, once for all tries.
    private static void PrepareExtendedConnect(HttpContext context, RequestHead head)
    {
        if (head.Method != HttpMethods.Get && context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true })
        {
            head.Method = HttpMethods.Get;
            head.Headers.Add(new("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))));
        }
    }

    // The local service answers like any other: its response ends the exchange.
    private static async Task<RelayError> RefusedAsync(HttpContext context, MuxStream stream, ResponseHead response, ExchangeRecord record)
    {
        await stream.WriteEndAsync().ConfigureAwait(false);
        ResponseRelay.ApplyHead(context, response, record);
        return await ResponseRelay.CopyBodyAsync(context, stream, record).ConfigureAwait(false);
    }

    private static async Task<RelayError> SpliceAsync(HttpContext context, MuxStream stream, ResponseHead response, ExchangeRecord record)
    {
        await using Stream visitor = await AcceptAsync(context, response, record).ConfigureAwait(false);
        record.Status = context.Response.StatusCode;
        record.IsUpgraded = true;
        var splice = new StreamSplice(stream, visitor, RelayError.VisitorGone, pacing: record.Edge?.Pacing);
        try
        {
            await splice.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            record.RequestBytes = splice.BytesFromPeer;
            record.ResponseBytes = splice.BytesToPeer;
        }

        return stream.Error;
    }

    private static async ValueTask<Stream> AcceptAsync(HttpContext context, ResponseHead response, ExchangeRecord record)
    {
        ResponseRelay.ApplyHead(context, response, record);
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers.Remove("Sec-WebSocket-Accept");
            return await connect.AcceptAsync().ConfigureAwait(false);
        }

        HeaderField upgrade = response.Headers.Find(h => h.Name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase));
        context.Response.Headers.Upgrade = upgrade.Value ?? context.Request.Headers.Upgrade;
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
    }
}
