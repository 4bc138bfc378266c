using System.Globalization;
using Ggrok.Server.Edge.Address;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Edge.Maintenance;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Maintenance;

/// <summary>Lets nobody pass but those who work on it.</summary>
internal sealed class MaintenancePolicy(MaintenanceOptions options) : IEdgePolicy
{
    private readonly AddressPolicy? _allowed = options.Allow.Allow.Count == 0 ? null : new AddressPolicy(options.Allow);
    private readonly ErrorPagesOptions? _page = options.Page is null ? null : new() { Pages = [(nameof(RelayError.Maintenance), options.Page)] };

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        if (!options.IsClosed || _allowed?.Admit(exchange.RemoteAddress) == RelayError.None)
        {
            return next.InvokeAsync();
        }

        if (options.RetryAfter is { } seconds)
        {
            exchange.OnResponse((_, response) => response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture));
        }

        if (_page is not null)
        {
            exchange.Record.AddPages(_page);
        }

        return ValueTask.FromResult(options.Sentence is null ? RelayError.Maintenance : exchange.Refuse(RelayError.Maintenance, options.Sentence));
    }
}

/// <summary>Makes <see cref="MaintenancePolicy"/>.</summary>
internal sealed class MaintenancePolicyFactory : IEdgePolicyFactory
{
    public EdgeStage Stage => EdgeStage.Maintenance;

    public IEnumerable<string> Keys => MaintenanceOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope) => new MaintenancePolicy(MaintenanceOptions.Parse(
        values.Single(MaintenanceOptions.MessageKey),
        values.Single(MaintenanceOptions.PageKey),
        values.Single(MaintenanceOptions.RetryKey),
        values.All(MaintenanceOptions.AllowKey)));
}
