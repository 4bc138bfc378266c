using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>Who logged in, as far as the provider vouches for it.</summary>
/// <param name="Name">What the local service is told.</param>
/// <param name="Emails">Verified e-mail addresses.</param>
/// <param name="GitHubName">Name at GitHub; null elsewhere.</param>
/// <param name="Organisations">GitHub organisations of the rules to which the person belongs.</param>
/// <param name="Groups">Entries of the claim <c>groups</c>.</param>
internal sealed record LoginPerson(string Name, IReadOnlyList<string> Emails, string? GitHubName, IReadOnlyList<string> Organisations, IReadOnlyList<string> Groups)
{
    /// <summary>Whether one of the rules lets this person pass.</summary>
    public bool IsAmong(IEnumerable<LoginRule> rules) => rules.Any(rule => rule.Kind switch
    {
        LoginRuleKind.Anybody => true,
        LoginRuleKind.Email or LoginRuleKind.Domain => Emails.Any(rule.FitsEmail),
        LoginRuleKind.GitHubUser => rule.Value.Equals(GitHubName, StringComparison.OrdinalIgnoreCase),
        LoginRuleKind.Organisation => Organisations.Contains(rule.Value, StringComparer.OrdinalIgnoreCase),
        LoginRuleKind.Group => Groups.Contains(rule.Value, StringComparer.Ordinal),
        _ => false,
    });
}
