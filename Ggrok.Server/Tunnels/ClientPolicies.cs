using Ggrok.Server.Edge;
using Ggrok.Server.Tokens;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>
/// The policies that a client gives its tunnels. One that comes back with the same goes on with what they counted: leaving is no
/// way around a limit.
/// </summary>
internal sealed class ClientPolicies(TunnelRegistry registry, EdgeCompiler edge)
{
    /// <summary>A slot for each tunnel of the Hello; with a refusal none.</summary>
    public EdgeSlot[] Make(Hello hello, Identity identity, IReadOnlyList<Assignment> assignments, out Rejected? refusal)
    {
        refusal = null;
        var slots = new EdgeSlot[assignments.Count];
        for (int i = 0; i < slots.Length; i++)
        {
            TunnelRequest wanted = hello.Tunnels[i];
            RouteKey key = assignments[i].Key;
            PolicyDirective? forbidden = wanted.Policies?.FirstOrDefault(p => p is not null && !identity.Grants.AllowsPolicy(p.Name));
            if (forbidden is not null)
            {
                refusal = new Rejected(RejectCode.NotGranted,
                    $"This token sets no policy {Printable.Clean(forbidden.Name)}; leave it out, or use a token whose grants have policies={Printable.Clean(forbidden.Name)}.",
                    MayRetry: false, Tunnel: hello.Tunnels.Count > 1 ? wanted.Name : null);
                return [];
            }

            if (registry.Find(key) is { } held && held.Owner.ClientId == hello.Client && held.Owner.IdentityId == identity.Id && held.Edge.IsFor(wanted.Policies))
            {
                slots[i] = held.Edge;
                continue;
            }

            try
            {
                slots[i] = new EdgeSlot(wanted.Policies ?? [], edge.Compile(wanted.Policies ?? [], new EdgeScope(key, IsClients: true)));
            }
            catch (FormatException e)
            {
                refusal = new Rejected(RejectCode.PolicyInvalid, Printable.Clean(e.Message), MayRetry: false, Tunnel: hello.Tunnels.Count > 1 ? wanted.Name : null);
                return [];
            }
        }

        return slots;
    }
}
