namespace Ggrok.Client.Inspector.Recording;

/// <summary>How much of the traffic is kept.</summary>
internal sealed record RecorderOptions
{
    /// <summary>Exchanges that are kept; older ones give way.</summary>
    public int MaxExchanges { get; init; } = 10_000;

    /// <summary>Size in bytes of everything that is kept of exchanges that are over; as much again may be in use by running ones.</summary>
    public int MaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>So many bytes of each body are kept, the first ones.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024;

    /// <summary>The same for each direction of a WebSocket, of server-sent events and of gRPC, which tell more the longer they are.</summary>
    public int MaxMessageBytes => Math.Max(MaxBodyBytes, Math.Min(MaxBodyBytes * 16, MaxBytes / 8));
}
