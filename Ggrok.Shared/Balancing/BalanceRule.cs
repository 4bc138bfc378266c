namespace Ggrok.Shared.Balancing;

/// <summary>How a pool chooses the member for a request. On the wire and for people it is the name in kebab case.</summary>
public enum BalanceRule
{
    /// <summary>The one with the fewest running requests; of several such, each in turn.</summary>
    LeastRequests,

    /// <summary>Each in turn.</summary>
    RoundRobin,

    /// <summary>Two at random, and of these the one with fewer running requests.</summary>
    RandomTwo,

    /// <summary>The one that served this browser before, by a cookie.</summary>
    StickyCookie,

    /// <summary>The one that the visitor's address gives, by rendezvous hashing.</summary>
    StickyAddress,
}

/// <summary>Names of <see cref="BalanceRule"/>.</summary>
public static class BalanceRules
{
    /// <summary>All names, as one may write them.</summary>
    public const string Names = "least-requests, round-robin, random-two, sticky-cookie or sticky-address";

    /// <summary>The name on the wire.</summary>
    public static string ToWire(this BalanceRule rule) => rule switch
    {
        BalanceRule.RoundRobin => "round-robin",
        BalanceRule.RandomTwo => "random-two",
        BalanceRule.StickyCookie => "sticky-cookie",
        BalanceRule.StickyAddress => "sticky-address",
        _ => "least-requests",
    };

    /// <summary>The rule of a name; null when there is none.</summary>
    public static BalanceRule? Parse(string name) => name switch
    {
        "least-requests" => BalanceRule.LeastRequests,
        "round-robin" => BalanceRule.RoundRobin,
        "random-two" => BalanceRule.RandomTwo,
        "sticky-cookie" => BalanceRule.StickyCookie,
        "sticky-address" => BalanceRule.StickyAddress,
        _ => null,
    };
}
