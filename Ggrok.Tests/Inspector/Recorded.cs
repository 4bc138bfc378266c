using System.Text;
using Ggrok.Client.Inspector.Messages;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.Inspector;

/// <summary>Makes recorded exchanges.</summary>
internal static class Recorded
{
    /// <summary>A body that arrived in one piece each second.</summary>
    public static CapturedBody Pieces(params byte[][] pieces)
    {
        var marks = new List<ArrivalMark>();
        int end = 0;
        foreach (byte[] piece in pieces)
        {
            end += piece.Length;
            marks.Add(new ArrivalMark(end, TimeSpan.FromSeconds(marks.Count + 1)));
        }

        return new CapturedBody(pieces.SelectMany(p => p).ToArray(), end, marks);
    }

    public static CapturedBody Text(params string[] pieces) => Pieces([.. pieces.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Only the first bytes of it were kept.</summary>
    public static CapturedBody Keep(this CapturedBody body, int count) =>
        count >= body.Bytes.Length ? body : body with { Bytes = body.Bytes[..count] };

    public static HeaderField[] Fields(params string[] lines) =>
        [.. lines.Select(l => new HeaderField(l[..l.IndexOf(':', StringComparison.Ordinal)], l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))];

    public static ExchangeSnapshot Exchange(
        int status, IEnumerable<HeaderField> request, CapturedBody requestBody, IEnumerable<HeaderField> response, CapturedBody responseBody)
    {
        var snapshot = new ExchangeSnapshot
        {
            Number = 1,
            Tunnel = "app",
            State = ExchangeState.Done,
            StartedAt = DateTimeOffset.UnixEpoch,
            Request = new RequestHead { Method = "POST", Target = "/" },
            RequestBody = requestBody,
            Response = new ResponseHead { Status = status },
            ResponseBody = responseBody,
        };
        snapshot.Request.Headers.AddRange(request);
        snapshot.Response.Headers.AddRange(response);
        return snapshot;
    }

    /// <summary>A WebSocket with the bytes that each side sent.</summary>
    public static ExchangeSnapshot WebSocket(CapturedBody client, CapturedBody server, string? extensions = null) => Exchange(
        101, Fields("Upgrade: websocket"), client, Fields(["Upgrade: websocket", .. extensions is null ? [] : (string[])[$"Sec-WebSocket-Extensions: {extensions}"]]), server);

    public static ExchangeSnapshot Response(CapturedBody body, params string[] fields) => Exchange(200, [], CapturedBody.Empty, Fields(fields), body);

    public static MessageList Messages(this ExchangeSnapshot exchange) => MessageReader.Read(exchange).ShouldNotBeNull();

    public static string TextOf(this ExchangeMessage message) => Encoding.UTF8.GetString(message.Payload.Span);
}
