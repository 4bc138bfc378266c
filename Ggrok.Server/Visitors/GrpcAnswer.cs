using System.Globalization;
using Ggrok.Server.Relay;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Visitors;

/// <summary>
/// Failures as gRPC visitors understand them: a response of trailers only, whose HTTP status is 200 whatever happened.
/// </summary>
internal static class GrpcAnswer
{
    // https://grpc.io/docs/guides/status-codes/
    private const int Cancelled = 1;
    private const int Unknown = 2;
    private const int DeadlineExceeded = 4;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int Unimplemented = 12;
    private const int Internal = 13;
    private const int Unavailable = 14;
    private const int Unauthenticated = 16;

    /// <summary>The gRPC status of a named error.</summary>
    public static int StatusOf(RelayError error) => error switch
    {
        RelayError.ResponseHeadTimeout or RelayError.RequestBodyTimeout => DeadlineExceeded,
        RelayError.LocalCancelled => Cancelled,

        // How clients read an HTTP status that is not gRPC's (http-grpc-status-mapping.md); 413, 431, 500, 501 and 507, which it
        // leaves unknown, are told apart here.
        _ => RelayFailure.Of(error).Status switch
        {
            400 or 500 => Internal,
            401 => Unauthenticated,
            403 => PermissionDenied,
            404 or 501 => Unimplemented,
            413 or 431 or 507 => ResourceExhausted,
            429 or 502 or 503 or 504 => Unavailable,
            _ => Unknown,
        },
    };

    /// <summary>Writes the answer for a named error. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, RelayError error, ExchangeRecord record)
    {
        RelayFailure failure = RelayFailure.Of(error);
        HttpResponse response = context.Response;
        string asked = context.Request.ContentType!.Split(';')[0].Trim();

        // Requests may hold characters that no response may.
        string type = asked.All(char.IsAscii) && !asked.Any(char.IsControl) ? asked : "application/grpc";
        response.Clear();
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = type;
        response.Headers["grpc-status"] = StatusOf(error).ToString(CultureInfo.InvariantCulture);

        // The advice is ASCII without a percent sign; a reason may hold what the visitor sent.
        response.Headers["grpc-message"] = $"{error}: {(record.Reason is { } reason ? Uri.EscapeDataString(reason).Replace("%20", " ", StringComparison.Ordinal) : failure.Advice)}";
        response.Headers[VisitorHeaders.Error] = error.ToString();
        response.Headers[VisitorHeaders.RequestId] = record.Id;
        record.Edge?.ApplyToResponse(response);
        return response.CompleteAsync();
    }
}
