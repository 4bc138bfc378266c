using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.Webhook;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Server.Edge.Webhook;

/// <summary>Lets webhooks pass whose signature fits, byte for byte as they came, and refuses the others.</summary>
internal sealed class WebhookPolicy : IEdgePolicy
{
    // A webhook is small and its sender in a hurry. Who sends slowly only wants memory to be held.
    private static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(30);

    // Of all requests of the tunnel at once, so that a flood of unsigned ones is bounded.
    private const int MostHeldBodies = 64;
    private const long LeastHeldBytes = 16 * 1024 * 1024;

    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;
    private readonly WebhookLoad _load;
    private readonly HeldBytes _room;
    private readonly GuardedScope[] _scopes;
    private readonly bool _guardsPaths;

    public WebhookPolicy(WebhookOptions options, WebhookLoad load, TimeProvider time)
    {
        _options = options;
        _time = time;
        _load = load;
        _room = new HeldBytes(Math.Max(LeastHeldBytes, (long)MostHeldBodies * options.MaxBodyBytes / 4), load.Held);
        _guardsPaths = options.Verify.Any(r => r.Path is not null);
        _scopes = [.. options.Verify.GroupBy(r => (r.Path, Methods: string.Join(',', r.Methods)))
            .Select(g => new GuardedScope(g.First(), [.. g.GroupBy(r => Canonical(r.Provider)).Select(p => new SignatureTest(p.Key, [.. p.Select(r => r.Secret)], options))]))
            .OrderByDescending(s => s.Rule.Path?.Length ?? 0)];
    }

    public ValueTask<RelayError> InvokeAsync(EdgeExchange exchange, EdgeNext next)
    {
        // Nobody can say for the local service which path that is, and so which rule is about it.
        if (_guardsPaths && VisitorPath.MayHaveDotSegments(exchange.VisitorTarget))
        {
            return ValueTask.FromResult(exchange.Refuse(RelayError.RequestInvalid, "The path has dot segments, and this tunnel guards some paths: write the path that is meant."));
        }

        // A WebSocket of HTTP/2 comes as CONNECT, and is a GET to the local service.
        string method = exchange.Head.Upgrade is not null && exchange.Head.Method == HttpMethods.Connect ? HttpMethods.Get : exchange.Head.Method;
        SignatureTest[] tests = TestsFor(method, exchange.VisitorTarget);
        return tests.Length == 0 ? next.InvokeAsync() : VerifyAsync(exchange, next, tests);
    }

    // Of the rules for a request those with the longest path count, and of these any one that fits.
    private SignatureTest[] TestsFor(string method, string target)
    {
        GuardedScope? first = null;
        List<SignatureTest>? more = null;
        foreach (GuardedScope scope in _scopes)
        {
            if (first is not null && (scope.Rule.Path?.Length ?? 0) != (first.Rule.Path?.Length ?? 0))
            {
                break;
            }

            if (scope.Rule.AppliesTo(method, target))
            {
                (more ??= []).AddRange(scope.Tests);
                first ??= scope;
            }
        }

        return more?.Count == first?.Tests.Length ? first?.Tests ?? [] : [.. more!];
    }

    private async ValueTask<RelayError> VerifyAsync(EdgeExchange exchange, EdgeNext next, SignatureTest[] tests)
    {
        RequestHead head = exchange.Head;
        string url = $"{head.Scheme}://{head.Host}{exchange.VisitorTarget}";
        var request = new WebhookRequest(head.Headers, default, IsWhole: true, url);
        SignatureTest[] claimed = Array.FindAll(tests, t => t.IsClaimedBy(head.Headers));
        if (claimed.Length == 0)
        {
            // Before the body is read: most who are not asked to come end here.
            return Refuse(exchange, tests, tests[0].Verify(request, default));
        }

        using var body = new HeldBody(_options.MaxBodyBytes, _room);
        if (head.HasBody)
        {
            RelayError error = await body.ReadAsync(exchange.Context, BodyTime, _time).ConfigureAwait(false);
            if (error != RelayError.None)
            {
                return error;
            }

            request = request with { Body = body.Bytes };
        }

        SignatureCheck? failed = request.Body.Length <= WebhookLoad.SmallBody
            ? FailureOf(claimed, request)
            : await _load.RunAsync(() => FailureOf(claimed, request)).ConfigureAwait(false);
        if (failed is { } failure)
        {
            return Refuse(exchange, claimed, failure);
        }

        if (head.HasBody)
        {
            body.PutBack(exchange.Context);
        }

        return await next.InvokeAsync().ConfigureAwait(false);
    }

    private SignatureCheck? FailureOf(SignatureTest[] claimed, WebhookRequest request)
    {
        DateTimeOffset now = _time.GetUtcNow();
        SignatureCheck? told = null;
        foreach (SignatureTest test in claimed)
        {
            SignatureCheck check = test.Verify(request, now);
            if (check.Verdict == SignatureVerdict.Valid)
            {
                return null;
            }

            // That it fits and is old says more than that it does not fit another provider's rules.
            told = told is null || check.Verdict == SignatureVerdict.Stale ? check : told;
        }

        return told;
    }

    // RFC 9110 section 15.5.2 wants a challenge beside 401; there is no registered scheme for webhooks.
    private static RelayError Refuse(EdgeExchange exchange, SignatureTest[] tests, SignatureCheck check)
    {
        string challenge = $"Webhook realm=\"{string.Join(' ', tests.Select(t => t.Name))}\"";
        exchange.OnResponse((_, response) => response.Headers.Append("WWW-Authenticate", challenge));
        return exchange.Refuse(RelayError.SignatureInvalid, check.Reason);
    }

    private static string Canonical(string provider) => provider == "svix" ? "standard" : provider;

    private sealed record GuardedScope(WebhookRule Rule, SignatureTest[] Tests);
}

/// <summary>Makes <see cref="WebhookPolicy"/>.</summary>
/// <param name="time">Clock.</param>
internal sealed class WebhookPolicyFactory(TimeProvider time) : IEdgePolicyFactory
{
    // The memory is the server's, and each client has many tunnels.
    private const int MostOfClient = 8 * 1024 * 1024;

    private readonly WebhookLoad _load = new();

    public EdgeStage Stage => EdgeStage.Webhook;

    public IEnumerable<string> Keys => WebhookOptions.Keys.Select(k => k.Name);

    public IEdgePolicy Create(PolicyValues values, EdgeScope scope)
    {
        WebhookOptions options = WebhookOptions.Parse(
            values.All(WebhookOptions.VerifyKey), values.All(WebhookOptions.FileKey), values.All(WebhookOptions.HmacKey),
            values.Single(WebhookOptions.ToleranceKey), values.Single(WebhookOptions.MaxBodyKey));
        return scope.IsClients && options.MaxBodyBytes > MostOfClient
            ? throw new FormatException($"{WebhookOptions.MaxBodyKey} is at most {ByteSizes.Format(MostOfClient)} for a client; write no more than that, or have it set in the server's own policies")
            : new WebhookPolicy(options, _load, time);
    }
}
