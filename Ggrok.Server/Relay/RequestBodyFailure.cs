using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Relay;

/// <summary>What it means that a visitor's request body cannot be read to its end.</summary>
internal static class RequestBodyFailure
{
    /// <summary>Whether the exception is about the body, and not a bug.</summary>
    public static bool Is(Exception e) => e is IOException or BadHttpRequestException or OperationCanceledException;

    /// <summary>Its name.</summary>
    public static RelayError Of(Exception e, HttpContext context) => (e as BadHttpRequestException)?.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => RelayError.RequestBodyTooLarge,
        StatusCodes.Status408RequestTimeout => RelayError.RequestBodyTimeout,
        _ => context.RequestAborted.IsCancellationRequested ? RelayError.VisitorGone : RelayError.RequestBodyVisitor,
    };
}
