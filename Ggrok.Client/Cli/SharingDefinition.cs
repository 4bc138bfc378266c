using System.Globalization;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>What somebody wrote about pools, health checks and conditions of an HTTP tunnel.</summary>
/// <param name="read">What was written under a key, or null.</param>
/// <param name="readAll">Everything that was written under a key that may be given several times.</param>
internal sealed class SharingDefinition(Func<string, Setting?> read, Func<string, IReadOnlyList<Setting>> readAll)
{
    /// <summary>The key that may be given several times.</summary>
    public const string MatchKey = "match";

    private static readonly string[] OfPool = ["balance", "pool-key"];
    private static readonly string[] OfHealth = ["health-interval", "health-timeout", "health-threshold"];

    /// <summary>All keys, in the order of the help.</summary>
    public static IReadOnlyList<string> Keys { get; } = [MatchKey, "pool", .. OfPool, "health", .. OfHealth];

    /// <summary>The pool to join; null to have the name alone.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    public PoolRequest? Pool()
    {
        if (read("pool") is not { } pool || !pool.As(SettingValues.Switch))
        {
            Refuse(OfPool, "pool");
            return null;
        }

        return new PoolRequest(read("balance")?.As(Rule).ToWire(), read("pool-key")?.As(PoolKey));
    }

    /// <summary>How the server shall check the local service; null not to.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    public HealthRequest? Health()
    {
        if (read("health") is not { } path)
        {
            Refuse(OfHealth, "health");
            return null;
        }

        return new HealthRequest(
            path.As(HealthPath),
            read("health-interval")?.As(t => Span(t, HealthLimits.ShortestInterval, HealthLimits.LongestInterval, "1s to 1h")),
            read("health-timeout")?.As(t => Span(t, HealthLimits.ShortestTimeout, HealthLimits.LongestTimeout, "100ms to 1m")),
            read("health-threshold")?.As(Threshold));
    }

    /// <summary>Conditions on requests; null for none.</summary>
    /// <exception cref="UsageException">One is not valid, or they contradict each other.</exception>
    public RouteMatch? Match()
    {
        IReadOnlyList<Setting> settings = readAll(MatchKey);
        string[] texts = [.. settings.Select(s => s.As(text => Parsed([text]) is null ? "" : text))];

        // Each is valid; what they say together is known to the last.
        return settings.Count == 0 ? null : settings[^1].As(_ => Parsed(texts));
    }

    private void Refuse(string[] keys, string without)
    {
        if (keys.Select(read).OfType<Setting>().FirstOrDefault() is { } setting)
        {
            throw new UsageException($"{setting.Origin} needs {TunnelDefinition.Key(setting, without)}.");
        }
    }

    private static RouteMatch? Parsed(string[] texts)
    {
        try
        {
            return RouteMatch.Parse(texts);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message + ".");
        }
    }

    private static BalanceRule Rule(string text) => BalanceRules.Parse(text.ToLowerInvariant())
        ?? throw new UsageException($"{text.Quoted()} is no way to share requests out; write {BalanceRules.Names}.");

    private static string PoolKey(string text) => PoolKeys.IsFit(text)
        ? text
        : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"A pool key has {PoolKeys.Shortest} to {PoolKeys.Longest} characters; choose one that nobody guesses."));

    private static string HealthPath(string text) => HealthLimits.IsPath(text)
        ? text
        : throw new UsageException($"{text.Quoted()} cannot be asked for; write a path such as /up.");

    private static int Span(string text, TimeSpan least, TimeSpan most, string range) =>
        Durations.TryParse(text, out TimeSpan span) && span >= least && span <= most
            ? (int)span.TotalMilliseconds
            : throw new UsageException($"{text.Quoted()} is no duration that can be used here; write one from {range}.");

    private static int Threshold(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= HealthLimits.LargestThreshold
            ? count
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{text.Quoted()} is no threshold; write a number from 1 to {HealthLimits.LargestThreshold}."));
}
