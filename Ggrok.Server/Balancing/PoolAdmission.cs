using System.Globalization;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Balancing;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>Who may share a name with whom.</summary>
internal static class PoolAdmission
{
    /// <summary>
    /// Whether somebody may have a name that another holds: both want to share it, know the same key, and are one party. Where
    /// anybody is let in, the key is what makes them one.
    /// </summary>
    public static bool MayShare(TunnelRoute wanted, TunnelRoute held) =>
        wanted.Terms is { } terms && held.Terms is { } others && AreOneParty(wanted.Owner, terms.KeyHash, held.Owner, others.KeyHash);

    /// <summary>Whether two who both want to share a name may do so.</summary>
    public static bool AreOneParty(RouteOwner one, string? keyOfOne, RouteOwner other, string? keyOfOther) =>
        keyOfOne == keyOfOther && (one.IsSameParty(other) || (keyOfOne is not null && !one.IsProven && !other.IsProven));

    /// <summary>Why somebody who may share the name of a pool cannot be its member, or null.</summary>
    public static Rejected? Mismatch(TunnelRoute wanted, Pool pool, TunnelRoute held)
    {
        string? problem =
            wanted.Terms!.Balance is { } rule && rule != pool.Rule
                ? $"{pool.Key} is a pool that balances by {pool.Rule.ToWire()}, and this client asks for {rule.ToWire()}; leave --balance out, or stop the others first."
            : wanted.StripPath != held.StripPath
                ? $"{pool.Key} is a pool whose members {(held.StripPath ? "remove" : "keep")} the path prefix; start this client {(held.StripPath ? "with" : "without")} --strip-path, too."
            : !AreSame(held.Edge.Directives, wanted.Edge.Directives)
                ? $"{pool.Key} is a pool whose members have other policies; start this client with the policies of the others."
            : pool.Members.Length >= Pool.Most && pool.Find(wanted.Owner) is null
                ? string.Create(CultureInfo.InvariantCulture, $"{pool.Key} is a pool of {Pool.Most} members, which is the most; stop one first.")
            : null;
        return problem is null ? null : new Rejected(RejectCode.NameNotAllowed, problem, MayRetry: false);
    }

    // The hash of a password is another one each time that it is made: whether the passwords are the same nobody can tell. Hashes of
    // tokens and keys are always the same.
    private static bool AreSame(IReadOnlyList<PolicyDirective> held, IReadOnlyList<PolicyDirective> wanted) =>
        held.Count == wanted.Count
        && held.Zip(wanted).All(p => p.First == p.Second
            || (p.First.Name == AuthOptions.UserKey && p.Second.Name == AuthOptions.UserKey && UserOf(p.First) == UserOf(p.Second)));

    private static string UserOf(PolicyDirective user) => user.Value.Split(':', 2)[0];

    /// <summary>What to do for a name that is held, where sharing it was asked for or is what would help.</summary>
    public static string? Advice(TunnelRoute wanted, TunnelRoute held) => (wanted.Terms, held.Terms) switch
    {
        (null, null) => null,
        (null, _) => "it is a pool: join it with --pool, or choose another name",
        (_, null) => "they hold it alone: start theirs with --pool, too, or choose another name",
        ({ KeyHash: null }, { KeyHash: null }) when !wanted.Owner.IsProven =>
            "this server lets anybody in, so that the members of a pool need a key in common: start all of them with the same --pool-key",
        ({ KeyHash: { } own }, { KeyHash: { } other }) when own == other => "the members of a pool need the same token or certificate",
        ({ KeyHash: null }, { KeyHash: null }) => "the members of a pool need the same token or certificate",
        _ => "the members of a pool need the same --pool-key",
    };
}
