using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>The rules of one run, in the order in which they are asked. The relay reads them without a lock.</summary>
internal sealed class RuleBook
{
    /// <summary>Most rules that there may be.</summary>
    public const int Most = 1000;

    private readonly Lock _lock = new();
    private ActiveRule[] _all;
    private ActiveRule[] _enabled = [];
    private long _version;

    public RuleBook(IEnumerable<Rule> rules)
    {
        _all = [.. rules.Select(r => new ActiveRule(r, new RuleHits()))];
        _enabled = [.. _all.Where(e => e.Rule.Enabled)];
    }

    /// <summary>Told after every change, by who made it.</summary>
    public event Action? Changed;

    /// <summary>All rules.</summary>
    public IReadOnlyList<ActiveRule> All => Volatile.Read(ref _all);

    /// <summary>Grows with every change and every hit.</summary>
    public long Stamp => Volatile.Read(ref _version) + All.Sum(e => e.Hits.Count);

    /// <summary>The first enabled rule that is about a request; null when none is.</summary>
    public ActiveRule? Find(string tunnel, RequestHead request)
    {
        foreach (ActiveRule entry in Volatile.Read(ref _enabled))
        {
            if (entry.Rule.Matches(tunnel, request))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Whether the rule that had these hits still holds requests.</summary>
    public bool IsHolding(RuleHits hits) => Array.Exists(Volatile.Read(ref _enabled), e => e.Hits == hits && e.Rule.Hold);

    /// <summary>Adds a rule behind the others.</summary>
    public RuleChange Add(Rule rule) => Change(all =>
        all.Any(e => e.Rule.Name == rule.Name) ? (RuleChange.NameTaken, all)
        : all.Length >= Most ? (RuleChange.TooMany, all)
        : (RuleChange.Done, [.. all, new ActiveRule(rule, new RuleHits())]));

    /// <summary>Puts a rule, which may have another name, in the place of one. It keeps its hits and its origin.</summary>
    public RuleChange Replace(string name, Rule rule) => Change(all =>
    {
        int index = Array.FindIndex(all, e => e.Rule.Name == name);
        if (index < 0 || (rule.Name != name && all.Any(e => e.Rule.Name == rule.Name)))
        {
            return (index < 0 ? RuleChange.NoSuchRule : RuleChange.NameTaken, all);
        }

        ActiveRule[] changed = [.. all];
        changed[index] = new ActiveRule(rule with { Origin = all[index].Rule.Origin }, all[index].Hits);
        return (RuleChange.Done, changed);
    });

    /// <summary>Removes a rule.</summary>
    public RuleChange Remove(string name) => Change(all =>
        all.Any(e => e.Rule.Name == name) ? (RuleChange.Done, [.. all.Where(e => e.Rule.Name != name)]) : (RuleChange.NoSuchRule, all));

    private RuleChange Change(Func<ActiveRule[], (RuleChange Change, ActiveRule[] Rules)> change)
    {
        RuleChange done;
        lock (_lock)
        {
            long hitsBefore = _all.Sum(e => e.Hits.Count);
            (done, ActiveRule[] rules) = change(_all);
            if (done != RuleChange.Done)
            {
                return done;
            }

            Volatile.Write(ref _all, rules);
            Volatile.Write(ref _enabled, [.. rules.Where(e => e.Rule.Enabled)]);

            // Hits that go with a rule must not make the stamp what it was.
            _version += 1 + Math.Max(0, hitsBefore - rules.Sum(e => e.Hits.Count));
        }

        Changed?.Invoke();
        return done;
    }
}

/// <summary>How a change of the rules went.</summary>
internal enum RuleChange
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>There is no rule of this name.</summary>
    NoSuchRule,

    /// <summary>There is another rule of this name.</summary>
    NameTaken,

    /// <summary>There are as many as there may be.</summary>
    TooMany,
}

/// <summary>A rule in its place.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Hits">How often it acted; stays when the rule is replaced.</param>
internal sealed record ActiveRule(Rule Rule, RuleHits Hits);

/// <summary>Counts the requests that a rule acted on.</summary>
internal sealed class RuleHits
{
    private long _count;

    /// <summary>How many.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>One more.</summary>
    public void Add() => Interlocked.Increment(ref _count);
}
