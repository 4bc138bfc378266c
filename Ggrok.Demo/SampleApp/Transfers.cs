using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Ggrok.Demo.SampleApp;

/// <summary>Endpoints that move many bytes.</summary>
internal static class Transfers
{
    /// <summary>Largest <c>/download</c>: 1 GiB.</summary>
    public const long LargestDownload = 1L << 30;

    /// <summary>Size of <c>/file</c>: 1 MiB.</summary>
    public const int FileSize = 1 << 20;

    // Hashing ahead of the first byte must stay unnoticed.
    private const long LargestDigestAhead = 16 << 20;

    private static readonly Lazy<byte[]> File = new(() =>
    {
        byte[] file = new byte[FileSize];
        SampleBytes.Fill(file, 0);
        return file;
    });

    /// <summary>
    /// <c>/upload</c>: reads a body of any size as it comes and answers
    /// <c>{"bytes":N,"sha256":"lower-case hex"}</c>. Memory: one 64 KiB block.
    /// </summary>
    public static async Task UploadAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[64 * 1024];
        long size = 0;
        int count;
        while ((count = await context.Request.Body.ReadAsync(block, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(block, 0, count);
            size += count;
        }

        string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        string answer = string.Create(CultureInfo.InvariantCulture, $$"""{"bytes":{{size}},"sha256":"{{digest}}"}""");
        await SampleEndpoints.TextAsync(context, answer + "\n", "application/json").ConfigureAwait(false);
    }

    /// <summary>
    /// <c>/download?bytes=N&amp;rate=R&amp;trailer=1</c>: the first N bytes (default 10,000,000, at most 1 GiB) of
    /// <see cref="SampleBytes"/>, at R bytes a second (default 0: as fast as they are taken). The same bytes at any rate.
    /// <c>Repr-Digest: sha-256=:…:</c> (RFC 9530) stands in the header up to 16 MiB; with <c>trailer=1</c> the body is
    /// chunked and the digest is its trailer, at any size.
    /// </summary>
    public static async Task DownloadAsync(HttpContext context)
    {
        long bytes = SampleEndpoints.Number(context, "bytes", 10_000_000, 0, LargestDownload);
        long rate = SampleEndpoints.Number(context, "rate", 0, 0, 10_000_000_000);
        bool trailer = SampleEndpoints.Number(context, "trailer", 0, 0, 1) == 1;
        context.Response.ContentType = "application/octet-stream";
        TrailerBody? trailers = trailer ? TrailerBody.Announce(context.Response, "Repr-Digest") : null;
        if (!trailer)
        {
            context.Response.ContentLength = bytes;
            if (bytes <= LargestDigestAhead)
            {
                context.Response.Headers["Repr-Digest"] = SampleBytes.ReprDigest(SampleBytes.Sha256(bytes));
            }
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await SendAsync(context, bytes, rate, trailers).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// <c>/file</c>: the first 1 MiB of <see cref="SampleBytes"/> with a strong <c>ETag</c>, <c>Last-Modified</c> and
    /// <c>Accept-Ranges</c>. One <c>Range</c> gives 206, one beyond the end 416, <c>If-Range</c>, <c>If-None-Match</c> and
    /// <c>If-Modified-Since</c> count (RFC 9110 sections 13 and 14); several ranges give the whole.
    /// </summary>
    public static Task FileAsync(HttpContext context)
    {
        context.Response.Headers["Repr-Digest"] = SampleBytes.ReprDigest(SHA256.HashData(File.Value));
        return Results.Bytes(
            File.Value,
            "application/octet-stream",
            enableRangeProcessing: true,
            lastModified: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            entityTag: new EntityTagHeaderValue("\"sample-1\"")).ExecuteAsync(context);
    }

    private static async Task SendAsync(HttpContext context, long bytes, long rate, TrailerBody? trailer)
    {
        CancellationToken gone = context.RequestAborted;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[rate > 0 ? (int)Math.Clamp(rate / 20, 1, 64 * 1024) : 64 * 1024];
        long started = Stopwatch.GetTimestamp();
        for (long offset = 0; offset < bytes; offset += block.Length)
        {
            Memory<byte> part = block.AsMemory(0, (int)Math.Min(block.Length, bytes - offset));
            SampleBytes.Fill(part.Span, offset);
            if (trailer is null)
            {
                await context.Response.Body.WriteAsync(part, gone).ConfigureAwait(false);
            }
            else
            {
                hash.AppendData(part.Span);
                await trailer.WriteAsync(part, gone).ConfigureAwait(false);
            }

            await PaceAsync(started, offset + part.Length, rate, gone).ConfigureAwait(false);
        }

        if (trailer is not null)
        {
            await trailer.EndAsync(SampleBytes.ReprDigest(hash.GetHashAndReset()), gone).ConfigureAwait(false);
        }
    }

    // By the clock since the start, so that late timers do not add up.
    private static async Task PaceAsync(long started, long sent, long rate, CancellationToken gone)
    {
        if (rate == 0)
        {
            return;
        }

        TimeSpan ahead = TimeSpan.FromSeconds((double)sent / rate) - Stopwatch.GetElapsedTime(started);
        if (ahead > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(ahead, gone).ConfigureAwait(false);
        }
    }
}
