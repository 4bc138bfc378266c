using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Relay;

/// <summary>What the log says about one exchange when it is over.</summary>
internal sealed class ExchangeRecord
{
    public required string Id { get; init; }

    public required long Started { get; init; }

    public int Status { get; set; }

    public RelayError Error { get; set; }

    public long RequestBytes { get; set; }

    public long ResponseBytes { get; set; }

    public string? Session { get; set; }
}
