using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.ErrorPages;

/// <summary>Has failures answered with pages of somebody's own.</summary>
internal sealed class ErrorPagesPolicy(ErrorPagesOptions options) : IEdgePolicy, IResponsePolicy
{
    // From the beginning: earlier stages refuse requests, too.
    public void Begin(EdgeExchange exchange) => exchange.Record.AddPages(options);

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next) => next.InvokeAsync();
}

/// <summary>Makes <see cref="ErrorPagesPolicy"/>.</summary>
internal sealed class ErrorPagesPolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.ErrorPages;

    public IEnumerable<string> Keys => ErrorPagesOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new ErrorPagesPolicy(ErrorPagesOptions.Parse(values.All(ErrorPagesOptions.Key)));
}
