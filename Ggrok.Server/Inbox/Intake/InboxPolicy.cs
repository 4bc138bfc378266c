using Ggrok.Server.Edge;
using Ggrok.Server.Edge.Webhook;
using Ggrok.Server.Relay;
using Ggrok.Shared.Edge.Inbox;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Intake;

/// <summary>Has requests stored that cannot be delivered now (docs/inbox.md).</summary>
/// <param name="options">Which, and how many.</param>
/// <param name="tunnel">The tunnel, as people call it.</param>
/// <param name="intake">Stores them.</param>
internal sealed class InboxPolicy(InboxOptions options, string tunnel, InboxIntake intake) : IEdgePolicy
{
    private readonly HeldBytes _room = intake.ShareFor(options);

    /// <summary>What it was told.</summary>
    public InboxOptions Options => options;

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next) => IsFor(exchange) ? intake.TakeAsync(exchange, next, tunnel, options, _room) : next.InvokeAsync();

    // An old client gives no connection that anything could be delivered through, and calls of gRPC are no messages but streams.
    // Where the server's own policies and the client's both have an inbox, the server's is first, and one is enough.
    private bool IsFor(EdgeExchange exchange) =>
        exchange.Head.Upgrade is null && exchange.Route.Legacy is null && options.IsFor(exchange.Method, exchange.VisitorTarget)
        && !GrpcRequest.Is(exchange.Context.Request) && exchange.Context.Features.Get<InboxTurn>() is null;
}

/// <summary>Marks a request that an inbox looks after already.</summary>
internal sealed class InboxTurn
{
    public static readonly InboxTurn Taken = new();
}

/// <summary>Makes <see cref="InboxPolicy"/>.</summary>
/// <param name="intake">Stores requests.</param>
internal sealed class InboxPolicyFactory(InboxIntake intake) : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Inbox;

    public IEnumerable<string> Keys => InboxOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) =>
        new InboxPolicy(InboxOptions.Parse(values.All(InboxOptions.PathKey), values.Single), scope.Key.ToString(), intake);
}
