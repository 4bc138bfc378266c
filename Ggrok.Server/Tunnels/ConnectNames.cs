using Ggrok.Server.Rendezvous;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Checks the private names to which a client wants to connect.</summary>
internal static class ConnectNames
{
    /// <summary>Null when the client may connect to every name that it asks for.</summary>
    public static Rejected? Refusal(Hello hello, Identity identity)
    {
        string? refused = hello.Connect?.FirstOrDefault(n => PrivateName.Normalize(n) is not { } name || !identity.Grants.AllowsConnecting(name));
        return refused is null ? null
            : PrivateName.Normalize(refused) is { } wellFormed
                ? new Rejected(RejectCode.NotGranted, $"This token does not connect to the name {wellFormed}; use one whose grants have connect={wellFormed}.", MayRetry: false)
                : new Rejected(RejectCode.NameNotAllowed, $"\"{Printable.Clean(refused)}\" is no private name; use letters, digits, - . and _, at most {PrivateName.Longest}.", MayRetry: false);
    }
}
