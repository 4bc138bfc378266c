using System.Net;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Relay;

namespace Ggrok.Server.Edge;

/// <summary>The policies of one tunnel, in the order of <see cref="EdgeStage"/>.</summary>
public sealed class EdgePipeline
{
    private readonly IEdgePolicy[] _policies;
    private readonly IResponsePolicy[] _responses;
    private readonly IRawPolicy[] _raw;

    private EdgePipeline(IEdgePolicy[] policies)
    {
        _policies = policies;
        _responses = [.. policies.OfType<IResponsePolicy>()];
        _raw = [.. policies.OfType<IRawPolicy>()];
        Pacing = policies.OfType<IPacedPolicy>().Select(p => p.Pacing).Aggregate((Pacing?)null, Pacing.Join);
        AsksForCertificate = policies.Any(p => p is Certificate.CertificatePolicy);
    }

    /// <summary>How fast the bytes of raw connections may go; null for as fast as they can.</summary>
    public Pacing? Pacing { get; }

    /// <summary>Whether visitors need a client certificate, which a handshake must ask for.</summary>
    public bool AsksForCertificate { get; }

    /// <summary>The policies, in order.</summary>
    internal IReadOnlyList<IEdgePolicy> Policies => _policies;

    /// <summary>Puts the server's and the client's policies together; null when there are none.</summary>
    internal static EdgePipeline? Of(IReadOnlyList<StagedPolicy> servers, IReadOnlyList<StagedPolicy> clients) =>
        servers.Count + clients.Count == 0 ? null : new([.. servers.Concat(clients).OrderBy(p => p.Stage).Select(p => p.Policy)]);

    /// <summary>Lets a request through the policies to the relay.</summary>
    internal ValueTask<RelayError> RunAsync(EdgeExchange exchange, Func<EdgeExchange, ValueTask<RelayError>> relay)
    {
        foreach (IResponsePolicy policy in _responses)
        {
            policy.Begin(exchange);
        }

        return new EdgeNext(this, 0, exchange, relay).InvokeAsync();
    }

    /// <summary>Whether a raw connection may be opened.</summary>
    public RelayError Admit(IPAddress? remote)
    {
        foreach (IRawPolicy policy in _raw)
        {
            if (policy.Admit(remote) is var error and not RelayError.None)
            {
                return error;
            }
        }

        return RelayError.None;
    }

    internal ValueTask<RelayError> InvokeAsync(int index, EdgeExchange exchange, Func<EdgeExchange, ValueTask<RelayError>> relay) =>
        index == _policies.Length ? relay(exchange) : _policies[index].InvokeAsync(exchange, new EdgeNext(this, index + 1, exchange, relay));
}

/// <summary>A policy and when it is asked.</summary>
internal readonly record struct StagedPolicy(EdgeStage Stage, IEdgePolicy Policy);

/// <summary>What comes behind a policy.</summary>
public readonly struct EdgeNext
{
    private readonly EdgePipeline _pipeline;
    private readonly int _index;
    private readonly EdgeExchange _exchange;
    private readonly Func<EdgeExchange, ValueTask<RelayError>> _relay;

    internal EdgeNext(EdgePipeline pipeline, int index, EdgeExchange exchange, Func<EdgeExchange, ValueTask<RelayError>> relay)
    {
        _pipeline = pipeline;
        _index = index;
        _exchange = exchange;
        _relay = relay;
    }

    /// <summary>Goes on with the next policy and, behind the last one, with the relay. The response is over when it returns.</summary>
    /// <returns>How the exchange failed; the response may have begun by then.</returns>
    public ValueTask<RelayError> InvokeAsync() => _pipeline.InvokeAsync(_index, _exchange, _relay);
}
