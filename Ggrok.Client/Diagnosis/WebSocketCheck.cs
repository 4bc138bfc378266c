using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>The upgrade to a WebSocket, which not everything on the way lets through.</summary>
internal sealed class WebSocketCheck : ICheck
{
    private const string LetPass = "Let what is in front of the server pass Upgrade and Connection; nginx needs proxy_http_version 1.1, "
        + "proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection \"upgrade\".";

    public CheckName Name => CheckName.WebSocket;

    public string? Obstacle(Examination examination) => examination.Answer is { Health: "ok" } ? null : "no Ggrok server answered";

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        try
        {
            examination.Socket = await new Dialer(examination.Options!, TokenCheck.Instance).ConnectAsync(wasConnectedBefore: true, limit).ConfigureAwait(false);
            return Finding.Pass($"the upgrade passes, {ProtocolLimits.SubProtocol}");
        }
        catch (DialException e)
        {
            return Judge(examination, e);
        }
    }

    private static Finding Judge(Examination examination, DialException refused)
    {
        UpgradeAnswer answer = refused.Answer ?? new UpgradeAnswer(0, null);
        string status = answer.Status.ToString(CultureInfo.InvariantCulture);
        switch (answer)
        {
            // It asks who we are only behind the upgrade.
            case { Status: 401 or 429, GgrokError: not null }:
                examination.Refusal = refused;
                return Finding.Pass("the upgrade reaches the server");
            case { Status: 426, GgrokError: not null }:
                return Finding.Fail("something on the way removes the upgrade: the server saw an ordinary request", LetPass);
            case { Status: 503, GgrokError: not null }:
                return Finding.Fail("the server is shutting down", "Try again in a moment.");
            case { Status: 101 }:
                return Finding.Fail($"the upgrade passes, but without {ProtocolLimits.SubProtocol}", "Something on the way removes Sec-WebSocket-Protocol, or the server is too old; let it pass, or install a newer server.");
            case { GgrokError: not null }:
                return Finding.Fail(refused.Message);
            case { Status: 0 }:
                return Finding.Fail($"HTTP passes and WebSockets do not: {refused.Message}", "A proxy or firewall on the way cuts them off; " + char.ToLowerInvariant(LetPass[0]) + LetPass[1..]);
            case { Status: 401 or 403 or 407 }:
                return Finding.Fail($"something in front of the server answers {status} to the upgrade", "It wants a login of its own; exempt the path /$$ggrok from that.");
            default:
                return Finding.Fail($"something in front of the server answers {status} to the upgrade", LetPass);
        }
    }
}
