using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary><c>--qr</c>, for commands that open HTTP tunnels.</summary>
internal static class QrOption
{
    public static Option<bool> Make() => new("--qr") { Description = "Draw the public URL as a QR code, for phones." };

    /// <summary>What <c>--qr</c> does not go with.</summary>
    /// <exception cref="UsageException">There is no text to draw it into, or no URL to draw.</exception>
    public static void Check(bool isGiven, bool asJson, IReadOnlyList<LocalTunnel> tunnels)
    {
        if (isGiven && asJson)
        {
            throw new UsageException("--qr draws into the text output; leave it out with --log json, whose ready event has the URL.");
        }

        if (isGiven && tunnels.All(t => t.Kind != TunnelKind.Http))
        {
            throw new UsageException("--qr draws the URL of an http tunnel, and none is started; leave it out.");
        }
    }
}
