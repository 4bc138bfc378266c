using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>Makes policies of what was written.</summary>
/// <param name="factories">One for each kind of policy.</param>
public sealed class EdgeCompiler(IEnumerable<IEdgePolicyFactory> factories)
{
    private const int MostDirectives = 200;
    private const int LongestValue = 64 * 1024;

    private readonly IEdgePolicyFactory[] _factories = [.. factories];

    /// <summary>The policies.</summary>
    /// <exception cref="FormatException">A directive is not valid; the message begins with its name and says what to write.</exception>
    internal IReadOnlyList<StagedPolicy> Compile(IReadOnlyList<PolicyDirective> directives, EdgeScope scope)
    {
        if (directives.Count == 0)
        {
            return [];
        }

        Check(directives, scope);
        var policies = new List<StagedPolicy>();
        foreach (IEdgePolicyFactory factory in _factories)
        {
            PolicyDirective[] own = [.. directives.Where(d => factory.Keys.Contains(d.Name, StringComparer.Ordinal))];
            if (own.Length > 0)
            {
                policies.Add(new StagedPolicy(factory.Stage, Create(factory, own, scope)));
            }
        }

        return policies;
    }

    private static void Check(IReadOnlyList<PolicyDirective> directives, EdgeScope scope)
    {
        if (directives.Count > MostDirectives || directives.Any(d => d is null || d.Value.Length > LongestValue))
        {
            throw new FormatException($"a tunnel has at most {MostDirectives} lines of policy, each of at most {LongestValue} characters");
        }

        foreach (IGrouping<string, PolicyDirective> same in directives.GroupBy(d => d.Name, StringComparer.Ordinal))
        {
            PolicyKey key = PolicyKeys.Find(same.Key)
                ?? throw new FormatException($"{Printable.Clean(same.Key)}: this server knows no such policy; upgrade it, or leave the policy out");
            if (scope.Key.Space != Tunnels.RouteSpace.Http && !key.IsForRaw)
            {
                throw new FormatException($"{key.Name}: this policy is for http tunnels");
            }

            if (!key.Repeats && same.Skip(1).Any())
            {
                throw new FormatException($"{key.Name}: it is written twice; keep one of them");
            }
        }
    }

    private static IEdgePolicy Create(IEdgePolicyFactory factory, PolicyDirective[] own, EdgeScope scope)
    {
        foreach (IGrouping<string, PolicyDirective> same in own.GroupBy(d => d.Name, StringComparer.Ordinal))
        {
            try
            {
                PolicyKeys.Find(same.Key)!.Check([.. same.Select(d => d.Value)]);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{same.Key}: {e.Message}", e);
            }
        }

        try
        {
            return factory.Create(new PolicyValues(own), scope);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{own[0].Name}: {e.Message}", e);
        }
    }
}
