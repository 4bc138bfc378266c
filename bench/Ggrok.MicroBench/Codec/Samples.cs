using Ggrok.Shared.Protocol;

namespace Ggrok.MicroBench.Codec;

/// <summary>Heads as a browser and a web framework send them.</summary>
internal static class Samples
{
    public static RequestHead Request()
    {
        var head = new RequestHead
        {
            Id = "0HN7Q2K9V4M1C:0000002A",
            Method = "GET",
            Target = "/projects/42/issues?state=open&sort=updated&page=3",
            Scheme = "https",
            Host = "calm-otter-4821.tunnels.example.com",
            Version = "1.1",
            Remote = "203.0.113.9",
        };
        head.Headers.AddRange(
        [
            new("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            new("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            new("accept-language", "de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3"),
            new("accept-encoding", "gzip, deflate, br, zstd"),
            new("referer", "https://calm-otter-4821.tunnels.example.com/projects/42"),
            new("cookie", "session=\"9f8a6b1c2d3e4f50718293a4b5c6d7e8\"; theme=dark; sidebar=narrow"),
            new("if-none-match", "W/\"5f3c-18e2a7b4c90\""),
            new("cache-control", "max-age=0"),
            new("x-forwarded-for", "203.0.113.9"),
            new("x-forwarded-proto", "https"),
            new("x-forwarded-host", "calm-otter-4821.tunnels.example.com"),
            new("forwarded", "for=203.0.113.9;host=calm-otter-4821.tunnels.example.com;proto=https"),
        ]);
        return head;
    }

    public static ResponseHead Response()
    {
        var head = new ResponseHead { Status = 200 };
        head.Headers.AddRange(
        [
            new("date", "Sat, 21 Nov 2026 10:00:00 GMT"),
            new("content-type", "text/html; charset=utf-8"),
            new("content-length", "2048"),
            new("cache-control", "private, max-age=0, must-revalidate"),
            new("etag", "W/\"5f3c-18e2a7b4c91\""),
            new("vary", "accept-encoding"),
            new("set-cookie", "session=9f8a6b1c2d3e4f50718293a4b5c6d7e8; Path=/; HttpOnly; SameSite=Lax"),
            new("set-cookie", "theme=dark; Path=/; Max-Age=31536000"),
        ]);
        return head;
    }
}
