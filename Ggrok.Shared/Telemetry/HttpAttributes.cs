namespace Ggrok.Shared.Telemetry;

/// <summary>Names of attributes: those of OpenTelemetry's HTTP semantic conventions, and Ggrok's own.</summary>
public static class HttpAttributes
{
    /// <summary>Method; <c>_OTHER</c> for one that is not registered.</summary>
    public const string Method = "http.request.method";

    /// <summary>Status.</summary>
    public const string Status = "http.response.status_code";

    /// <summary>What failed: the name of the error, or the status.</summary>
    public const string ErrorType = "error.type";

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public const string Scheme = "url.scheme";

    /// <summary>Path without query.</summary>
    public const string Path = "url.path";

    /// <summary>Address without query.</summary>
    public const string FullUrl = "url.full";

    /// <summary>Host.</summary>
    public const string ServerAddress = "server.address";

    /// <summary>Port.</summary>
    public const string ServerPort = "server.port";

    /// <summary>The visitor's address.</summary>
    public const string ClientAddress = "client.address";

    /// <summary>Version of HTTP.</summary>
    public const string ProtocolVersion = "network.protocol.version";

    /// <summary>Name of the tunnel.</summary>
    public const string Tunnel = "ggrok.tunnel";

    /// <summary>Name of the failure (docs/errors.md).</summary>
    public const string Error = "ggrok.error";

    /// <summary>Correlation id.</summary>
    public const string RequestId = "ggrok.request_id";

    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal)
    {
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    };

    /// <summary>A method as an attribute: visitors may make up any number of others.</summary>
    public static string MethodOf(string method) => Methods.Contains(method) ? method : "_OTHER";
}
