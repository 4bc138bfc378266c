using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>Which responses carry messages one after another rather than a document.</summary>
internal static class MessageStreams
{
    /// <summary>What such an exchange is.</summary>
    public static MessageStream Of(ResponseHead response)
    {
        if (response.Status == 101)
        {
            return Find(response, "Upgrade") is { } upgrade && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase) ? MessageStream.WebSocket : MessageStream.Upgrade;
        }

        string? type = Find(response, "Content-Type");
        return type is null ? MessageStream.None
            : type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) ? MessageStream.ServerSentEvents
            : type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) ? MessageStream.Grpc
            : MessageStream.None;
    }

    private static string? Find(ResponseHead response, string name)
    {
        foreach (HeaderField field in response.Headers)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return field.Value;
            }
        }

        return null;
    }
}

/// <summary>Kinds of exchanges that carry messages.</summary>
internal enum MessageStream
{
    /// <summary>An ordinary exchange.</summary>
    None,

    /// <summary>A WebSocket (RFC 6455).</summary>
    WebSocket,

    /// <summary>Another protocol behind an upgrade (RFC 9110 section 7.8).</summary>
    Upgrade,

    /// <summary>Server-sent events.</summary>
    ServerSentEvents,

    /// <summary>gRPC or gRPC-Web.</summary>
    Grpc,
}
