using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Export;

/// <summary>Gives requests away as commands and as code.</summary>
internal sealed class ExportEndpoints(InspectorState state, Redaction redaction) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/exchanges/{number}/export", ExportAsync);

    private Task ExportAsync(HttpContext context)
    {
        ExchangeSnapshot exchange = ExchangeEndpoints.Named(context, state.Recorder);
        Func<ExportedRequest, string> write = Format(context.Request.Query["as"].ToString());
        LocalTunnel? local = context.Request.Query["to"].ToString() switch
        {
            "" or "public" => null,
            "local" => state.Options.Tunnels[TunnelOf.Exchange(exchange, state.Options.Tunnels)],
            _ => throw new ApiException(StatusCodes.Status400BadRequest, "to must be public or local."),
        };
        exchange = context.Request.SwitchOf("secrets") ? exchange : redaction.Apply(exchange);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(write(ExportedRequest.Of(exchange, local)), context.RequestAborted);
    }

    private static Func<ExportedRequest, string> Format(string name) => name switch
    {
        "curl" => CurlExport.Of,
        "powershell" => PowerShellExport.Of,
        "csharp" => CSharpExport.Of,
        "fetch" => FetchExport.Of,
        _ => throw new ApiException(StatusCodes.Status400BadRequest, "as must be curl, powershell, csharp or fetch."),
    };
}
