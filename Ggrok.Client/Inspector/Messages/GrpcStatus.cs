using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Messages;

/// <summary>How a gRPC call ended, as its trailers say.</summary>
internal static class GrpcStatus
{
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>The status in words.</summary>
    public static string Describe(string? status, string? message)
    {
        if (status is null)
        {
            return "no grpc-status";
        }

        bool known = int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out int code) && code < Names.Length;
        string text = $"status {Printable.Clean(status)}{(known ? $" {Names[code]}" : "")}";

        // The message is UTF-8 with percent-encoding, so that a field can hold it.
        return string.IsNullOrEmpty(message) ? text : $"{text}: {Printable.CleanMessage(Uri.UnescapeDataString(message))}";
    }
}
