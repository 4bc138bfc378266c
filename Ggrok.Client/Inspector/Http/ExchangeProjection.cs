using System.Net;
using Ggrok.Client.Inspector.Content;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Inspector.Http;

/// <summary>Makes what the page shows of a recorded exchange.</summary>
internal static class ExchangeProjection
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>Everything about an exchange.</summary>
    public static ExchangeDetails Of(ExchangeSnapshot exchange, InspectorState state)
    {
        ExchangeRow row = ExchangeRows.Of(exchange, state.Time.GetUtcNow());
        return new ExchangeDetails
        {
            Summary = row,
            Request = RequestOf(exchange),
            Response = exchange.Response is { } response ? ResponseOf(exchange, response) : null,
            Timings = TimingsOf(exchange.Timings),
            Failure = exchange.Error == RelayError.None ? null : FailureOf(exchange.Error),
            HasMessages = row.Kind is "websocket" or "sse" or "grpc",
            OtherTarget = exchange.OtherTarget,
            Webhook = exchange.Webhook is { } webhook ? WebhookOf(exchange, webhook, state.Options.Inspect?.WebhookSecrets) : null,
            Replays = state.Recorder.ReplaysOf(exchange.Number),
        };
    }

    private static RequestDetails RequestOf(ExchangeSnapshot exchange)
    {
        RequestHead head = exchange.Request;
        int question = head.Target.IndexOf('?', StringComparison.Ordinal);
        BodyDetails body = BodyProjection.Of(exchange.RequestBody, head.Headers);
        return new RequestDetails
        {
            Method = head.Method,
            Target = head.Target,
            Path = Uri.UnescapeDataString(question < 0 ? head.Target : head.Target[..question]),
            Query = question < 0 ? [] : Pairs(head.Target[(question + 1)..], '&'),
            Scheme = head.Scheme,
            Host = head.Host,
            Version = head.Version,
            Remote = head.Remote,
            Headers = Lines(head.Headers),
            Cookies = [.. head.Headers.Where(f => f.Name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)).SelectMany(f => CookiesOf(f.Value))],
            Form = head.Headers.MediaType() == FormType && body.Text is { } text ? Pairs(text, '&') : null,
            Body = body,
        };
    }

    private static ResponseDetails ResponseOf(ExchangeSnapshot exchange, ResponseHead head) => new()
    {
        Status = head.Status,
        Reason = head.Reason ?? Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(head.Status),
        Headers = Lines(head.Headers),
        Trailers = Lines(exchange.ResponseTrailers),
        Cookies = [.. head.Headers.Where(f => f.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)).Select(f => f.Value)],
        Body = BodyProjection.Of(exchange.ResponseBody, head.Headers),
    };

    private static FailureDetails FailureOf(RelayError error)
    {
        RelayFailure failure = RelayFailure.Of(error);
        return new FailureDetails(error.ToString(), failure.Title, failure.Advice);
    }

    private static WebhookDetails WebhookOf(ExchangeSnapshot exchange, WebhookInfo webhook, IReadOnlyDictionary<WebhookProvider, IReadOnlyList<string>>? secrets)
    {
        RequestHead head = exchange.Request;
        var signed = new WebhookRequest(head.Headers, exchange.RequestBody.Bytes, !exchange.RequestBody.IsTruncated, $"{head.Scheme}://{head.Host}{head.Target}");
        SignatureCheck check = WebhookVerifier.Verify(webhook.Provider, secrets?.GetValueOrDefault(webhook.Provider) ?? [], signed, exchange.StartedAt);
        string verdict = check.Verdict.ToString();
        return new WebhookDetails(webhook.Provider.DisplayName(), webhook.EventName, webhook.DeliveryId, char.ToLowerInvariant(verdict[0]) + verdict[1..], check.Reason);
    }

    private static TimingDetails TimingsOf(in ExchangeTimings timings) => new()
    {
        AtServerMs = timings.AtServer.TotalMilliseconds,
        TunnelMs = timings.TunnelRoundTrip > TimeSpan.Zero ? Ms(timings.TunnelRoundTrip / 2) : null,
        HeldMs = timings.Held.TotalMilliseconds,
        ConnectBeganMs = Ms(timings.ConnectBegan),
        ConnectedMs = Ms(timings.Connected),
        RequestSentMs = Ms(timings.RequestSent),
        FirstByteMs = Ms(timings.FirstByte),
        EndedMs = Ms(timings.Ended),
    };

    private static double? Ms(TimeSpan? span) => span is { } value ? Math.Round(value.TotalMilliseconds, 3) : null;

    private static string[][] Lines(IReadOnlyList<HeaderField> fields) => [.. fields.Select(f => new[] { f.Name, f.Value })];

    private static string[][] Pairs(string text, char separator) =>
    [
        .. text.Split(separator, StringSplitOptions.RemoveEmptyEntries).Select(pair =>
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            return new[] { WebUtility.UrlDecode(equals < 0 ? pair : pair[..equals]), equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]) };
        }),
    ];

    // RFC 6265 section 5.4: values stand as they were set.
    private static IEnumerable<string[]> CookiesOf(string value) => value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(pair => pair.Split('=', 2)).Select(parts => parts.Length == 2 ? parts : [parts[0], ""]);
}
