using Ggrok.Shared.Edge.Webhook;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Server.Edge.Webhook;

/// <summary>Verifies the signatures of one provider.</summary>
internal sealed class SignatureTest
{
    private readonly WebhookOptions _options;
    private readonly WebhookProvider? _provider;
    private readonly HmacScheme? _scheme;
    private readonly string[] _secrets;
    private readonly byte[][] _keys = [];

    public SignatureTest(string name, string[] secrets, WebhookOptions options)
    {
        Name = name;
        _options = options;
        _secrets = secrets;
        _provider = WebhookRule.ProviderOf(name);
        if (_provider is null)
        {
            HmacScheme scheme = options.Hmac.Single(s => s.Name == name);
            _scheme = scheme;
            _keys = [.. secrets.Select(scheme.KeyOf)];
        }
    }

    /// <summary>As it is written in the policy.</summary>
    public string Name { get; }

    /// <summary>Whether the request claims to be signed like this.</summary>
    public bool IsClaimedBy(IReadOnlyList<HeaderField> headers) => _scheme is null
        ? WebhookVerifier.IsSigned(_provider!.Value, headers)
        : headers.Any(h => h.Name.Equals(_scheme.Field, StringComparison.OrdinalIgnoreCase));

    /// <summary>Verifies a request.</summary>
    public SignatureCheck Verify(WebhookRequest request, DateTimeOffset now) => _scheme is null
        ? WebhookVerifier.Verify(_provider!.Value, _secrets, request, now, _options.MaxAge)
        : HmacSignature.Verify(_scheme, _keys, request, now, _options.MaxAge);
}
