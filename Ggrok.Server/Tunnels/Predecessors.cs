using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>Ends sessions in whose place others have come.</summary>
internal sealed class Predecessors(TimeSpan grace)
{
    /// <summary>
    /// Another run of the same installation took the names deliberately: the old one is told, so that it does not fight, and
    /// finishes what runs there. The same run comes back after a loss that only it noticed: its old session is dead.
    /// </summary>
    public void EndReplaced(IReadOnlyList<TunnelRoute> replaced, Hello hello)
    {
        foreach (ITunnel? tunnel in replaced.Select(r => r.Tunnel).Distinct())
        {
            var group = tunnel as SessionGroup;
            group?.IsReplaced = true;
            foreach (TunnelSession old in group?.Sessions ?? (tunnel is TunnelSession alone ? [alone] : []))
            {
                old.Tenure?.GiveUpRoom();
                if (old.Hello.Instance == hello.Instance)
                {
                    End(old, hello.Connection?.Moves == true);
                    continue;
                }

                old.GoAway(CloseReason.Replaced, "Another ggrok of the same installation took over this name.");
                old.Retire(CloseReason.Replaced, grace);
            }
        }
    }

    /// <summary>Of the same run of a client: what it left because it was asked to, or on its own, finishes what runs there.</summary>
    public static void End(TunnelSession before, bool moves)
    {
        if (moves || before.IsGoingAway)
        {
            before.Retire(CloseReason.Normal, limit: null);
        }
        else
        {
            before.Connection.RequestClose(CloseReason.Replaced);
        }
    }
}
