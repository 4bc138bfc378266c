using System.Net.WebSockets;
using System.Security.Cryptography;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>
/// Whether the server takes this token or client certificate, by a session that has no tunnel and asks for one private
/// name that nobody has: it can take nothing from anybody.
/// </summary>
internal sealed class TokenCheck : ICheck
{
    /// <summary>Id of this run, which is no run of the user's own client.</summary>
    public static readonly string Instance = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public CheckName Name => CheckName.Token;

    /// <summary>The private name that such a session asks for.</summary>
    public static ConnectTarget NobodysName() => new("doctor-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)), null);

    public string? Obstacle(Examination examination) =>
        examination.Socket is null && examination.Refusal is null ? "the server could not be asked" : null;

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        if (examination.Refusal is { } refused)
        {
            return Finding.Fail(refused.Message);
        }

        string accepted = await AcceptedAsync(examination.Options!, limit).ConfigureAwait(false);
        try
        {
            examination.Welcome = await new Dialer(examination.Options!, Instance).ShakeHandsAsync(examination.Socket!, slot: null, limit).ConfigureAwait(false);
            return Finding.Pass($"{accepted}; server {Printable.Clean(examination.Welcome.Version)}, client {ProgramVersion.Current}");
        }
        catch (DialException e)
        {
            return e.Refusal switch
            {
                // Whoever may reach no names may still open tunnels.
                RejectCode.NotGranted => Finding.Pass(accepted),
                RejectCode.TooManyTunnels => Finding.Warn($"{accepted}, but no further tunnel now", e.Message),
                _ => Finding.Fail(e.Message),
            };
        }
    }

    private static async Task<string> AcceptedAsync(TunnelClientOptions options, CancellationToken limit)
    {
        string? shown = (options.Token, options.Trust.CertificateFile) switch
        {
            (null, null) => null,
            (_, null) => "token",
            (null, _) => "client certificate",
            _ => "token or client certificate",
        };
        return shown is null ? "not needed, the server is open to everybody"
            : await IsOpenAsync(options, limit).ConfigureAwait(false) ? $"no {shown} is needed, the server is open to everybody"
            : $"{shown} accepted";
    }

    private static async Task<bool> IsOpenAsync(TunnelClientOptions options, CancellationToken limit)
    {
        TunnelClientOptions anonymous = options with { Token = null, Trust = options.Trust with { CertificateFile = null, KeyFile = null } };
        try
        {
            using ClientWebSocket socket = await new Dialer(anonymous, Instance).ConnectAsync(wasConnectedBefore: true, limit).ConfigureAwait(false);
            return true;
        }
        catch (DialException)
        {
            return false;
        }
    }
}
