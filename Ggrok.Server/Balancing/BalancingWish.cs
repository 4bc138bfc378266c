using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>What a Hello says of one tunnel about sharing its name, health and conditions, checked.</summary>
/// <param name="Pool">Share the name; null to have it alone.</param>
/// <param name="Health">Check the local service; null not to.</param>
/// <param name="Match">Conditions on requests; null for none.</param>
internal sealed record BalancingWish(PoolTerms? Pool, HealthTerms? Health, RouteMatch? Match)
{
    /// <summary>Nothing of all that.</summary>
    public static BalancingWish None { get; } = new(null, null, null);

    /// <summary>Reads the wish, or says what is wrong with it.</summary>
    public static (BalancingWish Wish, Rejected? Refusal) Read(TunnelKind kind, TunnelRequest wanted)
    {
        if (wanted.Pool is null && wanted.Health is null && wanted.Match is null)
        {
            return (None, null);
        }

        try
        {
            Require(kind == TunnelKind.Http, "Pools, health checks and conditions are for http tunnels.");
            return (new BalancingWish(PoolOf(wanted.Pool), HealthOf(wanted.Health), MatchOf(wanted.Match)), null);
        }
        catch (FormatException e)
        {
            return (None, new Rejected(RejectCode.NameNotAllowed, e.Message, MayRetry: false));
        }
    }

    private static PoolTerms? PoolOf(PoolRequest? wanted)
    {
        if (wanted is null)
        {
            return null;
        }

        BalanceRule? rule = wanted.Balance is null ? null : BalanceRules.Parse(wanted.Balance);
        Require(wanted.Balance is null || rule is not null, $"This server does not balance by \"{Printable.Clean(wanted.Balance)}\"; ask for {BalanceRules.Names}.");
        Require(wanted.Key is null || PoolKeys.IsFit(wanted.Key),
            string.Create(CultureInfo.InvariantCulture, $"A pool key has {PoolKeys.Shortest} to {PoolKeys.Longest} characters."));

        // Only compared: what is kept tells nobody the key.
        return new PoolTerms(rule, wanted.Key is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wanted.Key))));
    }

    private static HealthTerms? HealthOf(HealthRequest? wanted)
    {
        if (wanted is null)
        {
            return null;
        }

        Require(HealthLimits.IsPath(wanted.Path), $"The health check cannot ask for \"{Printable.Clean(wanted.Path)}\"; give a path such as /up.");
        TimeSpan interval = Span(wanted.IntervalMs) ?? HealthLimits.UsualInterval;
        Require(interval >= HealthLimits.ShortestInterval && interval <= HealthLimits.LongestInterval, "Health checks may be 1s to 1h apart.");
        TimeSpan timeout = Span(wanted.TimeoutMs) ?? HealthLimits.UsualTimeout;
        Require(timeout >= HealthLimits.ShortestTimeout && timeout <= HealthLimits.LongestTimeout, "A health check may wait 100ms to 1m for its answer.");
        int threshold = wanted.Threshold ?? HealthLimits.UsualThreshold;
        Require(threshold is >= 1 and <= HealthLimits.LargestThreshold,
            string.Create(CultureInfo.InvariantCulture, $"The threshold of health checks is a number from 1 to {HealthLimits.LargestThreshold}."));
        return new HealthTerms(wanted.Path, interval, timeout, threshold);
    }

    private static RouteMatch? MatchOf(IReadOnlyList<string>? wanted)
    {
        try
        {
            return wanted is null ? null : RouteMatch.Parse([.. wanted.Select(w => w ?? "")]);
        }
        catch (FormatException e)
        {
            throw new FormatException($"The conditions of the tunnel cannot be used: {e.Message}.");
        }
    }

    private static TimeSpan? Span(int? milliseconds) => milliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null;

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new FormatException(problem);
        }
    }
}
