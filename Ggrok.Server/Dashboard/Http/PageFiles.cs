using System.Collections.Frozen;
using System.Reflection;

namespace Ggrok.Server.Dashboard.Http;

/// <summary>The page: the files that are embedded in the program. They hold nothing that is secret.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "page/";

    private static readonly Assembly Program = typeof(PageFiles).Assembly;

    private readonly FrozenDictionary<string, string> _resources = Program.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(n => KeyValuePair.Create(n == Prefix + "index.html" ? "/" : n[(Prefix.Length - 1)..], n))
        .Append(KeyValuePair.Create("/api/openapi.json", "openapi.json"))
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether there is a file of this path below the prefix.</summary>
    public bool Has(string path) => _resources.ContainsKey(path);

    /// <summary>Sends a file.</summary>
    public async Task SendAsync(HttpContext context, string path)
    {
        string resource = _resources[path];
        await using Stream file = Program.GetManifestResourceStream(resource)!;
        context.Response.ContentType = TypeOf(resource);
        context.Response.ContentLength = file.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await file.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static string TypeOf(string resource) => Path.GetExtension(resource) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/json; charset=utf-8",
    };
}
