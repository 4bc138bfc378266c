using System.Net;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>Stands where the server's sections contradict each other for a tunnel: nobody passes.</summary>
/// <param name="problem">What is wrong.</param>
internal sealed class InvalidPolicy(string problem) : IEdgePolicy, IRawPolicy
{
    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next) =>
        ValueTask.FromResult(exchange.Refuse(RelayError.Maintenance, $"The server's policies for this tunnel contradict each other: {problem}"));

    public RelayError Admit(IPAddress? remote) => RelayError.Maintenance;
}
