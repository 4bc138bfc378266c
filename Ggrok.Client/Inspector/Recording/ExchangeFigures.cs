using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Recording;

/// <summary>What the charts want to know of an exchange that is over.</summary>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Status">Status of the response; 0 when there was none.</param>
/// <param name="Error"><see cref="RelayError.None"/>, or how it failed.</param>
/// <param name="RequestBytes">Size of the request's body in bytes.</param>
/// <param name="ResponseBytes">Size of the response's body in bytes.</param>
internal readonly record struct ExchangeFigures(
    DateTimeOffset EndedAt, TimeSpan Duration, int Status, RelayError Error, long RequestBytes, long ResponseBytes)
{
    /// <summary>How many of its bodies were kept in part only.</summary>
    public int CutBodies { get; init; }
}
