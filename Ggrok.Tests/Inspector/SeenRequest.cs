using System.Text;
using System.Threading.Channels;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ggrok.Tests.Inspector;

/// <summary>A request as a local app got it; a char of a field is a byte.</summary>
internal sealed record SeenRequest(string Line, (string Name, string Value)[] Headers, byte[] Body)
{
    public string? Id => Find("X-Request-ID");

    public string? Find(string name) => Headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <summary>A local app that keeps what it gets.</summary>
internal sealed class WatchedApp
{
    private readonly Channel<SeenRequest> _seen = Channel.CreateUnbounded<SeenRequest>();

    public Task<SeenRequest> NextAsync() => Within.Bound(_seen.Reader.ReadAsync().AsTask(), "a request");

    /// <summary>Lets the bytes of fields through.</summary>
    public static void Configure(KestrelServerOptions kestrel) => kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;

    /// <summary>Keeps a request and answers 200.</summary>
    public async Task<SeenRequest> TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var seen = new SeenRequest(
            $"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}",
            [.. context.Request.Headers.SelectMany(h => h.Value.Select(v => (h.Key, v!)))], body.ToArray());
        _seen.Writer.TryWrite(seen);
        return seen;
    }
}
