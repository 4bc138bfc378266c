using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ggrok.Client.Inspector.Http;

/// <summary>
/// Lets in only what is meant for this address and comes from its own page or from a program: any web page that a browser
/// shows can send requests to this machine, and any name can be made to lead to it (DNS rebinding).
/// </summary>
internal sealed class LocalGuard(int port)
{
    /// <summary>Field that carries the secret.</summary>
    public const string SecretField = "X-Ggrok-Secret";

    private static readonly string[] ForwardedFields = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"];

    private readonly string[] _hosts = [$"127.0.0.1:{port}", $"localhost:{port}", $"[::1]:{port}"];
    private readonly byte[] _secret = Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>What those who change something must know. Other pages cannot read it.</summary>
    public string Secret => Encoding.ASCII.GetString(_secret);

    /// <summary>Why a request is refused, or null.</summary>
    public string? Refusal(HttpRequest request)
    {
        string host = request.Host.Value ?? "";
        if (!_hosts.Contains(host, StringComparer.OrdinalIgnoreCase))
        {
            return $"This is the inspector of ggrok, for this machine only; open http://127.0.0.1:{port}/";
        }

        // Through a tunnel or another proxy, which may well rewrite Host, come people who are elsewhere.
        if (ForwardedFields.Any(request.Headers.ContainsKey))
        {
            return "The inspector is for this machine only, not for visitors of a tunnel or a proxy.";
        }

        StringValues origin = request.Headers.Origin;
        if (origin.Count > 0 && !string.Equals(origin.ToString(), "http://" + host, StringComparison.OrdinalIgnoreCase))
        {
            return "Other web pages may not use the inspector.";
        }

        // Of a link from elsewhere (cross-site, navigate) the page itself may be opened, and nothing else.
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        bool isOwn = site is "" or "same-origin" or "none";
        bool opensPage = HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && !request.Path.StartsWithSegments("/api");
        if (!isOwn && !opensPage)
        {
            return "Other web pages may not use the inspector.";
        }

        return IsWrite(request) && !HasSecret(request)
            ? $"Pass the session's secret in {SecretField}; GET /api/session tells it."
            : null;
    }

    private static bool IsWrite(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);

    private bool HasSecret(HttpRequest request) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers[SecretField].ToString()), _secret);
}
