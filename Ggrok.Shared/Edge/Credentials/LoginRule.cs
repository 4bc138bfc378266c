using System.Text;
using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Credentials;

/// <summary>What is looked at of who logged in.</summary>
public enum LoginRuleKind
{
    /// <summary>Nothing: everybody may pass.</summary>
    Anybody,

    /// <summary>The verified e-mail address.</summary>
    Email,

    /// <summary>What follows the @ of the verified e-mail address.</summary>
    Domain,

    /// <summary>Membership of a GitHub organisation.</summary>
    Organisation,

    /// <summary>The name at GitHub.</summary>
    GitHubUser,

    /// <summary>An entry of the claim <c>groups</c>.</summary>
    Group,
}

/// <summary>One sort of people who may pass.</summary>
/// <param name="Kind">What is looked at.</param>
/// <param name="Value">What it must be.</param>
public sealed record LoginRule(LoginRuleKind Kind, string Value)
{
    /// <summary>Reads the rules, several of which may stand in one value with commas between.</summary>
    /// <exception cref="FormatException">One is not valid.</exception>
    public static LoginRule[] Parse(IReadOnlyList<string> values) =>
        [.. values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(Parse)];

    /// <summary>Whether an e-mail address, which must be verified, is the one or of the domain. Letters in any case, ASCII only.</summary>
    public bool FitsEmail(string email)
    {
        int at = email.LastIndexOf('@');
        return at > 0 && Kind switch
        {
            LoginRuleKind.Email => Ascii.EqualsIgnoreCase(email, Value),
            LoginRuleKind.Domain => Ascii.EqualsIgnoreCase(email.AsSpan(at + 1), Value),
            _ => false,
        };
    }

    private static LoginRule Parse(string text)
    {
        LoginRule? rule = text switch
        {
            "*" => new(LoginRuleKind.Anybody, ""),
            ['@', .. var domain] when IsDomain(domain) => new(LoginRuleKind.Domain, domain),
            _ when text.StartsWith("org:", StringComparison.Ordinal) && IsGitHubName(text[4..]) => new(LoginRuleKind.Organisation, text[4..]),
            _ when text.StartsWith("user:", StringComparison.Ordinal) && IsGitHubName(text[5..]) => new(LoginRuleKind.GitHubUser, text[5..]),
            _ when text.StartsWith("group:", StringComparison.Ordinal) && text.Length > 6 => new(LoginRuleKind.Group, text[6..]),
            _ when text.LastIndexOf('@') is > 0 and var at && IsDomain(text[(at + 1)..]) => new(LoginRuleKind.Email, text),
            _ => null,
        };
        return rule is not null && rule.Value.Length <= 254 && !rule.Value.Any(char.IsControl)
            ? rule
            : throw new FormatException($"\"{Printable.Clean(text)}\" names nobody; write anna@example.com, @example.com, org:NAME, user:NAME, group:NAME or *");
    }

    private static bool IsDomain(string text) =>
        text.Contains('.') && text[0] != '.' && text[^1] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    private static bool IsGitHubName(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
