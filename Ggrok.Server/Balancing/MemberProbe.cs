using System.Globalization;
using Ggrok.Server.Tunnels;
using Ggrok.Server.Visitors;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Balancing;

/// <summary>One question to a local service whether it is well, through the tunnel.</summary>
internal static class MemberProbe
{
    /// <summary>Who asks, to the local service.</summary>
    public const string UserAgent = "Ggrok-Health/1.0";

    // Enough for any answer to such a question; what is read to its end leaves the local connection fit for use.
    private const int MostRead = 64 * 1024;

    /// <summary>Asks. Null when it could not be asked, which says nothing about the service; else what was wrong, empty for nothing.</summary>
    public static async Task<string?> AskAsync(TunnelRoute route, HealthTerms terms, TimeProvider time)
    {
        MuxStream? stream = route.Tunnel!.TryOpenStream(out _);
        if (stream is null)
        {
            return null;
        }

        await using ITimer limit = time.CreateTimer(
            static s => ((MuxStream)s!).Reset(RelayError.ResponseHeadTimeout), stream, terms.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            if (!await HeadSender.WriteWholeAsync(stream, HeadOf(route, terms)).ConfigureAwait(false))
            {
                return ProblemOf(stream.Error);
            }

            return await AnswerAsync(stream).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            return nameof(RelayError.ResponseHeadInvalid);
        }
        finally
        {
            stream.Reset(RelayError.VisitorGone);
        }
    }

    private static async ValueTask<string?> AnswerAsync(MuxStream stream)
    {
        while (true)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind != FrameKind.Head)
            {
                return frame.Kind == FrameKind.Reset ? ProblemOf(frame.Error) : nameof(RelayError.ResponseHeadInvalid);
            }

            int status = HeadReader.ReadResponse(frame.Payload.Span).Status;
            stream.Advance();
            if (status >= StatusCodes.Status200OK)
            {
                await ReadRestAsync(stream).ConfigureAwait(false);
                return status < StatusCodes.Status400BadRequest ? "" : string.Create(CultureInfo.InvariantCulture, $"status {status}");
            }
        }
    }

    private static async ValueTask ReadRestAsync(MuxStream stream)
    {
        for (int read = 0; read < MostRead;)
        {
            InboundFrame frame = await stream.ReadAsync().ConfigureAwait(false);
            if (frame.Kind is FrameKind.End or FrameKind.Reset)
            {
                return;
            }

            read += frame.Payload.Length;
            stream.Advance();
        }
    }

    // A client that left was not asked.
    private static string? ProblemOf(RelayError error) => error is RelayError.TunnelLost or RelayError.Draining or RelayError.TooManyStreams ? null : error.ToString();

    private static RequestHead HeadOf(TunnelRoute route, HealthTerms terms)
    {
        string id = CorrelationId.New();
        var head = new RequestHead
        {
            Id = id,
            Tunnel = route.TunnelIndex,
            Method = HttpMethods.Get,
            Target = terms.Path,
            Scheme = Uri.UriSchemeHttp,
            Host = route.Key.Host,
            Version = "1.1",
            Remote = "ggrok",
            IsProbe = true,
        };
        head.Headers.Add(new("User-Agent", UserAgent));
        head.Headers.Add(new("Accept", "*/*"));
        head.Headers.Add(new(VisitorHeaders.HealthCheck, "1"));
        head.Headers.Add(new(VisitorHeaders.RequestId, id));
        return head;
    }
}
