namespace Ggrok.Shared.Protocol;

/// <summary>Request envelope: what the server tells the client about a visitor's request.</summary>
public sealed class RequestHead
{
    /// <summary>Correlation id: the incoming <c>X-Request-ID</c> if sane, else new.</summary>
    public string Id { get; set; } = "";

    /// <summary>Index of the tunnel in the order of Hello.</summary>
    public int Tunnel { get; set; }

    /// <summary>Method, case kept.</summary>
    public string Method { get; set; } = "";

    /// <summary>Raw origin-form target as it stood in the request line, nothing decoded or normalised.</summary>
    public string Target { get; set; } = "";

    /// <summary><c>http</c> or <c>https</c>, as the visitor used it.</summary>
    public string Scheme { get; set; } = "";

    /// <summary>The visitor's Host or <c>:authority</c>.</summary>
    public string Host { get; set; } = "";

    /// <summary><c>1.0</c>, <c>1.1</c>, <c>2</c> or <c>3</c>.</summary>
    public string Version { get; set; } = "";

    /// <summary>The visitor's address.</summary>
    public string Remote { get; set; } = "";

    /// <summary>Field lines without hop-by-hop fields, order and repeats kept.</summary>
    public List<HeaderField> Headers { get; } = new(16);

    /// <summary>Data frames follow; without it the head is followed by End.</summary>
    public bool HasBody { get; set; }

    /// <summary>Protocol of an Upgrade request (RFC 9110 section 7.8), or null for an ordinary exchange.</summary>
    public string? Upgrade { get; set; }

    /// <summary>How long the server had the request before it sent it into the tunnel; zero when that is less than a millisecond.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>The server asks for itself whether the local service is well; no visitor sees the answer.</summary>
    public bool IsProbe { get; set; }

    /// <summary>Makes it as new, so that it can be filled again.</summary>
    public void Clear()
    {
        Id = Method = Target = Scheme = Host = Version = Remote = "";
        Tunnel = 0;
        HasBody = IsProbe = false;
        Upgrade = null;
        Waited = TimeSpan.Zero;
        Headers.Clear();
    }
}

/// <summary>Response envelope: informational (1xx), upgrade (101) or final.</summary>
public sealed class ResponseHead
{
    /// <summary>Status code.</summary>
    public int Status { get; set; }

    /// <summary>Reason phrase where it differs from the usual one, else null.</summary>
    public string? Reason { get; set; }

    /// <summary>Field lines without hop-by-hop fields, order and repeats kept.</summary>
    public List<HeaderField> Headers { get; } = new(16);

    /// <summary>Makes it as new, so that it can be filled again.</summary>
    public void Clear()
    {
        Status = 0;
        Reason = null;
        Headers.Clear();
    }
}
