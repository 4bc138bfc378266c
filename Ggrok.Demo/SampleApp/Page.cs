using System.Net;
using System.Text;

namespace Ggrok.Demo.SampleApp;

/// <summary>The page and its style and script, from the assembly: nothing is fetched from elsewhere.</summary>
internal static class Page
{
    // connect-src names ws: and wss: because not every browser counts a WebSocket to the same host as 'self'.
    private const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'self'; form-action 'none'";

    /// <summary>
    /// Serves a file of <c>wwwroot</c>. Behind <c>--path /alice --strip-path</c> the page's links begin with what
    /// <c>X-Forwarded-Prefix</c> says.
    /// </summary>
    public static Task ServeAsync(HttpContext context, string name, string type)
    {
        string prefix = context.Request.Headers["X-Forwarded-Prefix"].ToString().Trim('/');
        string text = Read(name).Replace("{{base}}", prefix.Length == 0 ? "/" : WebUtility.HtmlEncode($"/{prefix}/"), StringComparison.Ordinal);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return SampleEndpoints.TextAsync(context, text, type);
    }

    private static string Read(string name)
    {
        using Stream file = typeof(Page).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
