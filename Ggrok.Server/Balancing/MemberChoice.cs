using Ggrok.Server.Tunnels;
using Ggrok.Shared.Balancing;

namespace Ggrok.Server.Balancing;

/// <summary>What of a request may decide about the member that serves it.</summary>
/// <param name="Address">The visitor's address.</param>
/// <param name="Token">What its cookie says; null without one.</param>
internal readonly record struct Preference(string Address, string? Token);

/// <summary>Chooses the member for a request: of the best standing, by the rule of the pool. Allocates nothing.</summary>
internal static class MemberChoice
{
    /// <summary>The index of the member; -1 when there is none that may be used.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="members">Its members as they were when the request came.</param>
    /// <param name="tried">A bit for each member that had the request already.</param>
    /// <param name="preference">What of the request may decide.</param>
    public static int Choose(Pool pool, TunnelRoute[] members, ulong tried, Preference preference)
    {
        Span<int> candidates = stackalloc int[Pool.Most];
        candidates = candidates[..Collect(members, tried, candidates)];
        return candidates.Length switch
        {
            0 => -1,
            1 => candidates[0],
            _ => pool.Rule switch
            {
                BalanceRule.RoundRobin => candidates[(int)(pool.NextTurn() % (uint)candidates.Length)],
                BalanceRule.RandomTwo => OfTwo(members, candidates),
                BalanceRule.StickyCookie => ByToken(members, candidates, preference.Token) ?? Least(members, candidates, pool.NextTurn()),
                BalanceRule.StickyAddress => ByAddress(members, candidates, preference.Address),
                _ => Least(members, candidates, pool.NextTurn()),
            },
        };
    }

    // Those of the best standing that there is. Nobody is used whose checks fail or who leaves, but requests that failed alone
    // keep nobody out when nobody else is left.
    private static int Collect(TunnelRoute[] members, ulong tried, Span<int> candidates)
    {
        Standing best = Standing.Unhealthy;
        int count = 0;
        for (int i = 0; i < members.Length; i++)
        {
            if ((tried & (1UL << i)) != 0)
            {
                continue;
            }

            Standing standing = members[i].Member!.StandingOf(members[i].Tunnel!);
            if (standing < best)
            {
                best = standing;
                count = 0;
            }

            if (standing == best && standing != Standing.Unhealthy)
            {
                candidates[count++] = i;
            }
        }

        return count;
    }

    // Begins with another one each time, so that members with equally few take turns.
    private static int Least(TunnelRoute[] members, ReadOnlySpan<int> candidates, uint turn)
    {
        int begin = (int)(turn % (uint)candidates.Length);
        int least = candidates[begin];
        for (int i = 1; i < candidates.Length; i++)
        {
            int other = candidates[(begin + i) % candidates.Length];
            least = members[other].Member!.Running < members[least].Member!.Running ? other : least;
        }

        return least;
    }

    private static int OfTwo(TunnelRoute[] members, ReadOnlySpan<int> candidates)
    {
        int first = Random.Shared.Next(candidates.Length);
        int second = Random.Shared.Next(candidates.Length - 1);
        second += second >= first ? 1 : 0;
        return members[candidates[second]].Member!.Running < members[candidates[first]].Member!.Running ? candidates[second] : candidates[first];
    }

    private static int? ByToken(TunnelRoute[] members, ReadOnlySpan<int> candidates, string? token)
    {
        foreach (int candidate in candidates)
        {
            if (token is not null && members[candidate].Member!.Name.Token == token)
            {
                return candidate;
            }
        }

        return null;
    }

    private static int ByAddress(TunnelRoute[] members, ReadOnlySpan<int> candidates, string address)
    {
        int best = candidates[0];
        ulong bestScore = members[best].Member!.Name.ScoreFor(address);
        foreach (int candidate in candidates[1..])
        {
            ulong score = members[candidate].Member!.Name.ScoreFor(address);
            if (score > bestScore)
            {
                (best, bestScore) = (candidate, score);
            }
        }

        return best;
    }
}
