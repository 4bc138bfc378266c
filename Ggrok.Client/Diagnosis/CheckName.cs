namespace Ggrok.Client.Diagnosis;

/// <summary>What <c>ggrok doctor</c> looks at, in this order. The names are documented in <c>docs/cli.md</c>.</summary>
internal enum CheckName
{
    Configuration,
    Dns,
    Proxy,
    Tcp,
    Tls,
    Http,
    WebSocket,
    Token,
    Clock,
    RoundTrip,
    Local,
}

internal static class CheckNames
{
    public static string ToWire(this CheckName name) => name == CheckName.RoundTrip ? "round-trip" : name.ToString().ToLowerInvariant();
}
