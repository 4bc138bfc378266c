using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Edge;

/// <summary>Server, client and local app with policies; what reached the local app is counted.</summary>
public sealed class EdgeScene : IAsyncDisposable
{
    private int _reached;

    public GgrokEnvironment Environment { get; private set; } = null!;

    /// <summary>Requests that reached the local app.</summary>
    public int Reached => Volatile.Read(ref _reached);

    public HttpClient Visitor => Environment.Visitor;

    /// <summary>Policies asked for by the client, such as ("allow-ip", "10.0.0.0/8").</summary>
    public static Task<EdgeScene> OfClientAsync(params (string Name, string Value)[] policies) => StartAsync(policies);

    /// <summary>Policies of the server, in YAML.</summary>
    public static Task<EdgeScene> OfServerAsync(string yaml) => StartAsync([], [("GGROK_POLICIES", yaml)]);

    /// <summary>Behind a proxy that is trusted: the visitor says its own address with X-Forwarded-For.</summary>
    public static async Task<EdgeScene> StartAsync(
        IEnumerable<(string Name, string Value)> policies, IEnumerable<(string Name, string Value)>? settings = null, RequestDelegate? app = null,
        Func<LocalTunnel, LocalTunnel>? tunnel = null)
    {
        var scene = new EdgeScene();
        scene.Environment = await GgrokEnvironment.StartAsync(
            context =>
            {
                Interlocked.Increment(ref scene._reached);
                return app is null ? context.Response.WriteAsync("hello from the app") : app(context);
            },
            (settings ?? []).Append(("GGROK_TRUSTED_PROXIES", "*")).DistinctBy(s => s.Item1),
            t => (tunnel?.Invoke(t) ?? t) with { Policies = [.. policies.Select(p => new PolicyDirective(p.Name, p.Value))] });
        return scene;
    }

    /// <summary>A request that comes from an address.</summary>
    public async Task<HttpResponseMessage> FromAsync(string address, string path = "/")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", address);
        return await Visitor.SendAsync(request);
    }

    public ValueTask DisposeAsync() => Environment.DisposeAsync();
}
