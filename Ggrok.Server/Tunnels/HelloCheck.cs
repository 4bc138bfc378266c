using System.Globalization;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>What every Hello must be, whoever sends it.</summary>
internal static class HelloCheck
{
    private const int LongestId = 128;
    private const int Most = 50;

    /// <summary>Why the Hello cannot be served, or null.</summary>
    public static Rejected? Refusal(Hello hello, string connectHost)
    {
        if (hello.Protocol != ProtocolLimits.Version)
        {
            return new Rejected(RejectCode.ProtocolUnsupported, string.Create(CultureInfo.InvariantCulture,
                $"This server speaks protocol {ProtocolLimits.Version}, the client {hello.Protocol}; install a ggrok of the server's version {ProgramVersion.Current}."), MayRetry: false);
        }

        bool idsFit = hello.Client.Length is > 0 and <= LongestId && hello.Instance.Length is > 0 and <= LongestId;
        bool originFits = Uri.TryCreate(hello.Origin, UriKind.Absolute, out Uri? origin) && origin.Scheme is "http" or "https";
        int wanted = hello.Tunnels.Count + (hello.Connect?.Count ?? 0);
        bool namesFit = !hello.Tunnels.Contains(null!) && hello.Connect?.Contains(null!) != true
            && hello.Tunnels.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() == hello.Tunnels.Count;
        bool slotFits = hello.Connection is not { } slot || (slot.Of is >= 1 and <= SessionGroup.Most && slot.Index >= 0 && slot.Index < slot.Of);
        return idsFit && slotFits && originFits && namesFit && wanted is > 0 and <= Most && connectHost.Length > 0
            ? null
            : new Rejected(RejectCode.HelloInvalid,
                "The registration is not valid: it needs a client id, an http or https origin and 1 to 50 tunnels with names of their own, or names to connect to, over 1 to 16 connections.", MayRetry: false);
    }
}
