using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Server.Edge.Compression;

/// <summary>Which responses are compressed, and what that changes in their fields.</summary>
/// <param name="services">What the platform's own part logs to.</param>
internal sealed class CompressionChoice(IServiceProvider services) : ResponseCompressionProvider(services, Options.Create(Settings()))
{
    // Below that the fields and the work cost more than the bytes.
    private const long SmallestBody = 1024;

    // Text, and what is text in disguise. Not event streams: each event would need a block of its own.
    private static readonly string[] Types =
    [
        "text/*", "application/json", "application/javascript", "application/xml", "application/xhtml+xml", "application/manifest+json",
        "application/ld+json", "application/problem+json", "application/geo+json", "application/vnd.api+json", "application/rss+xml", "application/atom+xml",
        "application/x-ndjson", "application/graphql-response+json", "application/wasm", "image/svg+xml",
    ];

    /// <inheritdoc />
    public override bool ShouldCompressResponse(HttpContext context) => IsWhole(context.Response) && base.ShouldCompressResponse(context);

    /// <inheritdoc />
    public override ICompressionProvider? GetCompressionProvider(HttpContext context)
    {
        ICompressionProvider? provider = base.GetCompressionProvider(context);
        if (provider is not null)
        {
            // Other bytes for the same resource: no longer the same strong validator (RFC 9110 section 8.8.1), and ranges of
            // what the local service has are none of what the visitor gets.
            IHeaderDictionary fields = context.Response.Headers;
            if (fields.ETag is [['"', ..] tag])
            {
                fields.ETag = "W/" + tag;
            }

            fields.Remove("Accept-Ranges");
        }

        return provider;
    }

    private static bool IsWhole(HttpResponse response)
    {
        IHeaderDictionary fields = response.Headers;
        return response.StatusCode is >= 200 and not (204 or 205 or 206 or 304)
            && response.ContentLength is null or >= SmallestBody
            && fields.TransferEncoding.Count == 0
            && !HasDigest(fields)
            && !fields.CacheControl.ToString().Contains("no-transform", StringComparison.OrdinalIgnoreCase);
    }

    // RFC 9530: digests are of the bytes that travel.
    private static bool HasDigest(IHeaderDictionary fields) =>
        fields.ContainsKey("Content-Digest") || fields.ContainsKey("Repr-Digest") || fields.ContainsKey("Digest");

    private static ResponseCompressionOptions Settings()
    {
        var settings = new ResponseCompressionOptions { EnableForHttps = true, MimeTypes = Types, ExcludedMimeTypes = ["text/event-stream"] };

        // The cheap levels: the server works for all its tunnels.
        settings.Providers.Add(new BrotliCompressionProvider(Options.Create(new BrotliCompressionProviderOptions { Level = CompressionLevel.Fastest })));
        settings.Providers.Add(new GzipCompressionProvider(Options.Create(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest })));
        return settings;
    }
}
