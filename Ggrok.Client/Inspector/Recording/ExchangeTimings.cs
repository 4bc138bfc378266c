namespace Ggrok.Client.Inspector.Recording;

/// <summary>When the phases of an exchange were reached, since its request arrived at the client; null for one that was not.</summary>
internal readonly record struct ExchangeTimings
{
    /// <summary>How long the server held the request before it sent it into the tunnel.</summary>
    public TimeSpan AtServer { get; init; }

    /// <summary>Round trip to the server when the request arrived; zero when not measured yet.</summary>
    public TimeSpan TunnelRoundTrip { get; init; }

    /// <summary>How long a rule or a person held the request.</summary>
    public TimeSpan Held { get; init; }

    /// <summary>A connection to the local service was begun; null when a kept one served.</summary>
    public TimeSpan? ConnectBegan { get; init; }

    /// <summary>There was a connection to the local service.</summary>
    public TimeSpan? Connected { get; init; }

    /// <summary>The request was written, its body included.</summary>
    public TimeSpan? RequestSent { get; init; }

    /// <summary>The response head was there.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>Everything was over.</summary>
    public TimeSpan? Ended { get; init; }
}
