using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Har;

/// <summary>Reads when the phases of an entry were reached.</summary>
internal static class HarTimings
{
    /// <summary>The phases: as this program wrote them, or added up from what every HAR has.</summary>
    public static ExchangeTimings Of(HarNode entry, HarNode extras)
    {
        if (!extras.IsMissing)
        {
            return new ExchangeTimings
            {
                AtServer = extras["atServer"].Time() ?? TimeSpan.Zero,
                TunnelRoundTrip = extras["tunnelRoundTrip"].Time() ?? TimeSpan.Zero,
                Held = extras["held"].Time() ?? TimeSpan.Zero,
                ConnectBegan = extras["connectBegan"].Time(),
                Connected = extras["connected"].Time(),
                RequestSent = extras["requestSent"].Time(),
                FirstByte = extras["firstByte"].Time(),
                Ended = extras["ended"].Time(),
            };
        }

        HarNode phases = entry["timings"];
        TimeSpan began = (phases["blocked"].Time() ?? TimeSpan.Zero) + (phases["dns"].Time() ?? TimeSpan.Zero);
        TimeSpan? connect = phases["connect"].Time();
        TimeSpan connected = began + (connect ?? TimeSpan.Zero);
        TimeSpan? sent = connected + phases["send"].Time();
        TimeSpan? first = sent + phases["wait"].Time();
        return new ExchangeTimings
        {
            ConnectBegan = connect is null ? null : began,
            Connected = connect is null ? null : connected,
            RequestSent = sent,
            FirstByte = first,
            Ended = entry["time"].Time() ?? first + phases["receive"].Time() ?? TimeSpan.Zero,
        };
    }
}
