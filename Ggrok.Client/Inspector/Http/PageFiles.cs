using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>The page: the files that are embedded in the program.</summary>
internal sealed class PageFiles : IEndpoints
{
    private const string Prefix = "page/";

    private static readonly Assembly Program = typeof(PageFiles).Assembly;

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (string name in Program.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string path = name[Prefix.Length..];
            routes.MapGet(path == "index.html" ? "/" : "/" + path, context => SendAsync(context, name, TypeOf(path)));
        }

        routes.MapGet("/api/openapi.json", context => SendAsync(context, "openapi.json", "application/json; charset=utf-8"));
    }

    private static async Task SendAsync(HttpContext context, string resource, string type)
    {
        await using Stream file = Program.GetManifestResourceStream(resource)!;
        context.Response.ContentType = type;
        context.Response.ContentLength = file.Length;
        await file.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".json" or ".webmanifest" => "application/json; charset=utf-8",
        _ => "application/octet-stream",
    };
}
