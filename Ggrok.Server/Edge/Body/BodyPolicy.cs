using Ggrok.Shared.Edge.Body;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Ggrok.Server.Edge.Body;

/// <summary>Refuses request bodies that are too large or too slow, as soon as that is known.</summary>
internal sealed class BodyPolicy(BodyOptions options, TimeProvider time) : IEdgePolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        if (!exchange.Head.HasBody)
        {
            return next.InvokeAsync();
        }

        return exchange.Context.Request.ContentLength > options.MaxBytes
            ? ValueTask.FromResult(RelayError.RequestBodyTooLarge)
            : RunAsync(exchange.Context, next);
    }

    private async ValueTask<RelayError> RunAsync(HttpContext context, EdgeNext next)
    {
        using var body = new BoundedBody(context.Request.BodyReader, options.MaxBytes ?? long.MaxValue, options.Timeout, time);

        // In this order: what reads the body as a stream takes the first, and setting it makes a reader of its own.
        context.Request.Body = body.AsStream(leaveOpen: true);
        context.Features.Set<IRequestBodyPipeFeature>(new BodyFeature(body));
        return await next.InvokeAsync().ConfigureAwait(false);
    }
}

/// <summary>Makes <see cref="BodyPolicy"/>.</summary>
/// <param name="time">Clock.</param>
internal sealed class BodyPolicyFactory(TimeProvider time) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Body;

    public IEnumerable<string> Keys => BodyOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) =>
        new BodyPolicy(BodyOptions.Parse(values.Single(BodyOptions.MaxKey), values.Single(BodyOptions.TimeoutKey)), time);
}
