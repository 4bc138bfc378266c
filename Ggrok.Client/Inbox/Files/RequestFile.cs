using System.Globalization;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Content;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox.Files;

/// <summary>A request in a file, as HTTP/1.1 writes it (RFC 9112 section 2.1): request line, fields, an empty line, the bytes of the body.</summary>
/// <param name="Path">The file.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Its raw target, in origin-form.</param>
/// <param name="Host">Value of its Host field; empty without one.</param>
/// <param name="Headers">Its other fields, in order, without those that concern one connection only.</param>
/// <param name="BodyStart">Where the body begins in the file.</param>
/// <param name="BodyLength">Its size in bytes.</param>
internal sealed record RequestFile(
    string Path, string Method, string Target, string Host, IReadOnlyList<HeaderField> Headers, long BodyStart, long BodyLength)
{
    /// <summary>Size in bytes that a head may have, as in a tunnel.</summary>
    public const int MaxHeadBytes = ProtocolLimits.MaxJsonBytes;

    /// <summary>Extension of the files.</summary>
    public const string Extension = ".http";

    /// <summary>Id of the stored request that it is a copy of, or null.</summary>
    public string? DeliveryId => Headers.ValueOf(InboxFields.DeliveryId);

    /// <summary>It without a prefix of its path, if it has it.</summary>
    /// <param name="prefix">The prefix; <c>/</c> for none.</param>
    public RequestFile Without(string prefix) =>
        prefix != "/" && RequestTarget.IsBelow(Target, prefix) ? this with { Target = RequestTarget.StripPrefix(Target, prefix) } : this;

    /// <summary>Name of the file for a stored request: sorted by name they are in order of arrival, also where the server's clock was put back.</summary>
    public static string NameOf(InboxItem item) =>
        string.Create(CultureInfo.InvariantCulture, $"{InboxId.TimeOf(item.Id).UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{item.Id}{Extension}");
}

/// <summary>A file holds no request that can be sent; the message begins with its name and the line.</summary>
internal sealed class RequestFileException(string message) : Exception(message);
