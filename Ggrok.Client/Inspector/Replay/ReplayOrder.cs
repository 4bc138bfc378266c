using System.Globalization;
using System.Text.Json.Serialization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Replay;

/// <summary>How a request is to be sent again; the schema Replay in openapi.json says what each field means.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ReplayOrder : RequestEdit
{
    private const int MostTimes = 1000;
    private const int LongestPauseMs = 60_000;

    /// <summary>How many times; once without.</summary>
    public int? Count { get; init; }

    /// <summary>Pause between two, in milliseconds.</summary>
    public int? PauseMs { get; init; }

    /// <summary>Address of another service.</summary>
    public string? Url { get; init; }

    /// <summary>How many times.</summary>
    /// <exception cref="ApiException">Too often.</exception>
    public int Times() => Within("count", Count ?? 1, 1, MostTimes);

    /// <summary>Pause between two.</summary>
    /// <exception cref="ApiException">Too long.</exception>
    public TimeSpan Pause() => TimeSpan.FromMilliseconds(Within("pauseMs", PauseMs ?? 0, 0, LongestPauseMs));

    /// <summary>The tunnel with another service behind it, or null when none is asked for.</summary>
    /// <exception cref="ApiException">The address cannot be used.</exception>
    public LocalTunnel? Elsewhere(LocalTunnel tunnel)
    {
        if (Url is null)
        {
            return null;
        }

        if (!Uri.TryCreate(Url.Trim(), UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0 || address.UserInfo.Length > 0)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "url is no address of a service.", "Write scheme, host and port: http://localhost:4000");
        }

        if (address.PathAndQuery != "/" || address.Fragment.Length > 0)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "url has a path, which would not be used.", "Give scheme, host and port only; target changes the path of the request.");
        }

        // What was asked for goes with the scheme.
        return tunnel with { Target = address, TargetProtocol = address.Scheme == tunnel.Target.Scheme ? tunnel.TargetProtocol : TargetProtocol.Auto };
    }

    private static int Within(string name, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new ApiException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}."));
}
