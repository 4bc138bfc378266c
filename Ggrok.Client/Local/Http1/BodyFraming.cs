using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http1;

/// <summary>How the end of a response body is found (RFC 9112 section 6.3).</summary>
internal enum BodyKind
{
    /// <summary>No body.</summary>
    None,

    /// <summary>A known number of bytes.</summary>
    Length,

    /// <summary>The chunked coding.</summary>
    Chunked,

    /// <summary>All that comes until the connection closes.</summary>
    UntilClose,
}

/// <summary>Kind and, where known, size of a response body.</summary>
internal readonly record struct BodyFraming(BodyKind Kind, long Length)
{
    /// <exception cref="LocalResponseException">The framing fields contradict each other.</exception>
    public static BodyFraming Of(string method, ResponseHead head)
    {
        string? length = null;
        string? coding = null;
        foreach (HeaderField field in head.Headers)
        {
            if (field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                Require(length is null || length == field.Value);
                length = field.Value;
            }
            else if (field.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                Require(coding is null);
                coding = field.Value;
            }
        }

        // Both at once is how responses are smuggled past one of two readers.
        Require(length is null || coding is null);
        if (method == "HEAD" || head.Status is (>= 100 and < 200) or 204 or 304)
        {
            return new BodyFraming(BodyKind.None, 0);
        }

        if (coding is not null)
        {
            Require(coding.Equals("chunked", StringComparison.OrdinalIgnoreCase));
            return new BodyFraming(BodyKind.Chunked, 0);
        }

        if (length is null)
        {
            return new BodyFraming(BodyKind.UntilClose, 0);
        }

        Require(long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes));
        return bytes == 0 ? new BodyFraming(BodyKind.None, 0) : new BodyFraming(BodyKind.Length, bytes);
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new LocalResponseException(RelayError.ResponseHeadInvalid);
        }
    }
}
