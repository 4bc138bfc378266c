using System.Globalization;

namespace Ggrok.Server.Relay;

/// <summary>What the relay knows about gRPC, which it otherwise carries like any other exchange.</summary>
internal static class GrpcRequest
{
    private const string Type = "application/grpc";

    // How much later than the call's own peers the relay gives up: it must not be the first.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Whether the visitor speaks gRPC, or gRPC-Web.</summary>
    public static bool Is(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith(Type, StringComparison.OrdinalIgnoreCase)
        && (type.Length == Type.Length || type[Type.Length] is '+' or ';' or ' ' or '-');

    /// <summary>How long the response head of this call may take from now on; null when the call does not say.</summary>
    public static TimeSpan? HeadLimit(HttpRequest request) =>
        Is(request) && TimeoutOf(request.Headers["grpc-timeout"].ToString()) is { } timeout ? timeout + Grace : null;

    // At most eight digits and a unit, from the protocol's definition (PROTOCOL-HTTP2: "Timeout").
    private static TimeSpan? TimeoutOf(string text)
    {
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }

        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            'u' => TimeSpan.FromMicroseconds(value),
            'n' => TimeSpan.FromTicks(value / 100),
            _ => null,
        };
    }
}
