using System.Collections.Concurrent;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge;

/// <summary>
/// The server's policies as one reading of its configuration gave them. Those of a tunnel are made when it is first asked
/// for, and live as long as the generation: a client that comes back finds its limits as they were.
/// </summary>
internal sealed class PolicyGeneration(IReadOnlyList<PolicySection> sections, EdgeCompiler compiler)
{
    private readonly ConcurrentDictionary<RouteKey, IReadOnlyList<StagedPolicy>> _made = new();

    private IReadOnlyList<PolicySection> Sections => sections;

    /// <summary>The error pages of the sections for all tunnels; null when there are none.</summary>
    public ErrorPagesOptions? PagesForAll { get; } = PagesOf([.. sections.Where(s => s.Pattern is null)]);

    /// <summary>What holds for a tunnel: a later section replaces the keys that an earlier one has.</summary>
    public IReadOnlyList<PolicyDirective> DirectivesOf(RouteKey key)
    {
        var byName = new Dictionary<string, IReadOnlyList<PolicyDirective>>(StringComparer.Ordinal);
        foreach (PolicySection section in sections.Where(s => s.Matches(key)))
        {
            foreach (IGrouping<string, PolicyDirective> same in section.Directives.GroupBy(d => d.Name, StringComparer.Ordinal))
            {
                byName[same.Key] = [.. same];
            }
        }

        // What holds for all tunnels says nothing to raw ones where it is about HTTP.
        return [.. byName.Values.SelectMany(d => d).Where(d => key.Space == RouteSpace.Http || PolicyKeys.Find(d.Name)!.IsForRaw)];
    }

    /// <summary>The policies of a tunnel.</summary>
    public IReadOnlyList<StagedPolicy> Of(RouteKey key) =>
        sections.Count == 0 ? [] : _made.GetOrAdd(key, static (k, self) => self.Make(k), this);

    /// <summary>Whether another reading gave the same.</summary>
    public bool IsLike(PolicyGeneration other) => Sections.Count == other.Sections.Count
        && Sections.Zip(other.Sections).All(p => p.First.Pattern == p.Second.Pattern && p.First.Directives.SequenceEqual(p.Second.Directives));

    /// <summary>Goes on with what was made of the reading before, for tunnels for which it said the same: limits go on counting.</summary>
    public void TakeOver(PolicyGeneration? before)
    {
        foreach ((RouteKey key, IReadOnlyList<StagedPolicy> made) in before?._made ?? [])
        {
            if (DirectivesOf(key).SequenceEqual(before!.DirectivesOf(key)))
            {
                _made[key] = made;
            }
        }
    }

    /// <summary>Forgets what was made for tunnels that are no more.</summary>
    public void Forget(Func<RouteKey, bool> isGone)
    {
        foreach (RouteKey key in _made.Keys.Where(isGone))
        {
            _made.TryRemove(key, out _);
        }
    }

    /// <summary>Makes the policies of every section once, so that mistakes show when the configuration is read.</summary>
    /// <exception cref="FormatException">A section is not valid.</exception>
    public void Check()
    {
        foreach (PolicySection section in sections)
        {
            RouteKey sample = section.Pattern?.Split(':') switch
            {
                ["tcp", ..] => new(RouteSpace.TcpPort, "0", "/"),
                ["udp", ..] => new(RouteSpace.UdpPort, "0", "/"),
                ["tls", var name] => RouteKey.Tls(name),
                ["name", var name] => RouteKey.Private(name),
                _ => RouteKey.Http(section.Pattern ?? "localhost", "/"),
            };
            try
            {
                // With what holds for all: keys of one policy may stand in two sections.
                Make(sample, [.. sections.Where(s => s.Pattern is null && s != section).SelectMany(s => s.Directives)
                    .Where(d => !section.Directives.Any(own => own.Name == d.Name)), .. section.Directives]);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{section.Pattern ?? PolicyFile.All}: {e.Message}", e);
            }
        }
    }

    private static ErrorPagesOptions? PagesOf(IReadOnlyList<PolicySection> ofAll)
    {
        // A later section replaces the key, as it does for tunnels.
        string[]? pages = ofAll.Select(s => s.Directives.Where(d => d.Name == ErrorPagesOptions.Key).Select(d => d.Value).ToArray()).LastOrDefault(p => p.Length > 0);
        return pages is null ? null : ErrorPagesOptions.Parse(pages);
    }

    private IReadOnlyList<StagedPolicy> Make(RouteKey key)
    {
        try
        {
            return Make(key, DirectivesOf(key));
        }
        catch (FormatException e)
        {
            // Sections that are valid alone and not together. Letting everybody pass would be worse than nobody.
            return [new StagedPolicy(EdgeStage.Transport, new InvalidPolicy(e.Message))];
        }
    }

    private IReadOnlyList<StagedPolicy> Make(RouteKey key, IReadOnlyList<PolicyDirective> directives) =>
        compiler.Compile(key.Space == RouteSpace.Http ? directives : [.. directives.Where(d => PolicyKeys.Find(d.Name) is not { IsForRaw: false })], new EdgeScope(key, IsClients: false));
}
