namespace Ggrok.Client.Inspector.Recording;

/// <summary>Where an exchange came from and when it began.</summary>
internal readonly record struct ExchangeOrigin
{
    /// <summary>Name of the tunnel.</summary>
    public required string Tunnel { get; init; }

    /// <summary>Timestamp of the clock at which the request arrived.</summary>
    public required long Started { get; init; }

    /// <summary>The same as a date.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Where the request came from.</summary>
    public ExchangeSource Source { get; init; }

    /// <summary>Number of the exchange that this one repeats.</summary>
    public long? ReplayOf { get; init; }

    /// <summary>Address that the request goes to when it is not the tunnel's own.</summary>
    public string? OtherTarget { get; init; }

    /// <summary>How long the server held the request.</summary>
    public TimeSpan AtServer { get; init; }

    /// <summary>Round trip to the server; zero when not known.</summary>
    public TimeSpan TunnelRoundTrip { get; init; }
}
