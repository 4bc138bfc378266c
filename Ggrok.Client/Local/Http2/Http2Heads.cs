using System.Net;
using System.Net.Http.Headers;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http2;

/// <summary>Turns envelopes into the platform's messages and back.</summary>
internal static class Http2Heads
{
    // The target stands as the visitor sent it.
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The request for the local service; null when HTTP/2 has no form for it that could be sent.</summary>
    public static HttpRequestMessage? RequestOf(RequestHead head, LocalTunnel tunnel, HttpContent? body)
    {
        if (head.Target[0] != '/' || !Uri.TryCreate(tunnel.Target.GetLeftPart(UriPartial.Authority) + head.Target, Raw, out Uri? uri))
        {
            return null;
        }

        var message = new HttpRequestMessage(new HttpMethod(head.Method), uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        message.Headers.Host = tunnel.HostFor(head.Host);
        foreach (HeaderField field in head.Headers)
        {
            Add(message, field);
        }

        return message;
    }

    /// <summary>The response's envelope.</summary>
    /// <param name="response">What the local service sent.</param>
    /// <param name="size">Size of its fields in bytes.</param>
    public static ResponseHead HeadOf(HttpResponseMessage response, out int size)
    {
        var head = new ResponseHead { Status = (int)response.StatusCode };
        size = Copy(response.Headers, head.Headers) + Copy(response.Content.Headers, head.Headers);
        return head;
    }

    /// <summary>The trailers, which have arrived when the body has.</summary>
    public static List<HeaderField> TrailersOf(HttpResponseMessage response)
    {
        var trailers = new List<HeaderField>();
        Copy(response.TrailingHeaders, trailers);
        return trailers;
    }

    private static void Add(HttpRequestMessage message, HeaderField field)
    {
        // RFC 9113 section 8.2.2: nothing but "trailers" may stand in TE.
        string value = field.Name.Equals("TE", StringComparison.OrdinalIgnoreCase) ? "trailers" : field.Value;
        if (message.Headers.TryAddWithoutValidation(field.Name, value))
        {
            return;
        }

        // A request without a body may still carry fields that speak of one. Its length would be wrong for HTTP/2.
        if (message.Content is null && !field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
        {
            message.Content = new ByteArrayContent([]);
        }

        message.Content?.Headers.TryAddWithoutValidation(field.Name, value);
    }

    private static int Copy(HttpHeaders source, List<HeaderField> target)
    {
        int size = 0;
        foreach ((string name, HeaderStringValues values) in source.NonValidated)
        {
            foreach (string value in values)
            {
                target.Add(new HeaderField(name, value));
                size += name.Length + value.Length + 4;
            }
        }

        return size;
    }
}
