using Ggrok.Server.Relay;
using Ggrok.Shared.Edge.Compression;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;

namespace Ggrok.Server.Edge.Compression;

/// <summary>Compresses responses that are not, with the platform's middleware around the rest of the way.</summary>
internal sealed class CompressionPolicy(CompressionChoice choice) : IEdgePolicy
{
    private readonly ResponseCompressionMiddleware _middleware = new(GoOnAsync, choice);

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        // Nothing to compress, or not as HTTP knows it; and once is enough where server and client both ask for it.
        bool passes = exchange.IsBodyWrapped || exchange.Head.Upgrade is not null || HttpMethods.IsHead(exchange.Method) || GrpcRequest.Is(exchange.Context.Request);
        return passes ? next.InvokeAsync() : CompressAsync(exchange, next);
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
