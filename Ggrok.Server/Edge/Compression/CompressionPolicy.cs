using Ggrok.Server.Relay;
using Ggrok.Shared.Edge.Compression;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;

namespace Ggrok.Server.Edge.Compression;

/// <summary>Compresses responses that are not, with the platform's middleware around the rest of the way.</summary>
internal sealed class CompressionPolicy : IEdgePolicy
{
    private readonly CompressionChoice _choice;
    private readonly ResponseCompressionMiddleware _middleware;
    private readonly Action<EdgeExchange, HttpResponse> _vary;

    public CompressionPolicy(CompressionChoice choice)
    {
        _choice = choice;
        _middleware = new ResponseCompressionMiddleware(GoOnAsync, choice);
        _vary = Vary;
    }

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        // Nothing to compress as HTTP knows it; and once is enough where server and client both ask for it.
        if (exchange.IsBodyWrapped || exchange.Head.Upgrade is not null || GrpcRequest.Is(exchange.Context.Request))
        {
            return next.InvokeAsync();
        }

        exchange.OnResponse(_vary);
        return HttpMethods.IsHead(exchange.Method) ? next.InvokeAsync() : CompressAsync(exchange, next);
    }

    // Also of the answer that is not compressed: a cache may have visitors who would get another.
    private void Vary(EdgeExchange exchange, HttpResponse response)
    {
        if (_choice.ShouldCompressResponse(exchange.Context)
            && !response.Headers.GetCommaSeparatedValues("Vary").Any(v => v is "*" || v.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase)))
        {
            response.Headers.Append("Vary", "Accept-Encoding");
        }
    }

    private async ValueTask<RelayError> CompressAsync(EdgeExchange exchange, EdgeNext next)
    {
        var step = new Step(next);
        exchange.Context.Features.Set(step);
        exchange.IsBodyWrapped = true;
        await _middleware.Invoke(exchange.Context).ConfigureAwait(false);
        return step.Error;
    }

    private static async Task GoOnAsync(HttpContext context)
    {
        Step step = context.Features.GetRequiredFeature<Step>();
        step.Error = await step.Next.InvokeAsync().ConfigureAwait(false);
    }

    // The middleware knows what comes next once and for all; here it differs from request to request.
    private sealed class Step(EdgeNext next)
    {
        public EdgeNext Next { get; } = next;

        public RelayError Error { get; set; }
    }
}

/// <summary>Makes <see cref="CompressionPolicy"/>.</summary>
internal sealed class CompressionPolicyFactory(IServiceProvider services) : IEdgePolicyFactory
{
    private readonly CompressionPolicy _policy = new(new CompressionChoice(services));

    public EdgeStage Stage => EdgeStage.Compression;

    public IEnumerable<string> Keys => CompressionOptions.Keys.Select(k => k.Name);

    // It keeps nothing of its tunnels: one is enough for all.
    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => _policy;
}
