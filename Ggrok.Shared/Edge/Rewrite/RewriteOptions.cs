using Ggrok.Shared.Protocol;

namespace Ggrok.Shared.Edge.Rewrite;

/// <summary>What is changed in requests on their way to the local service, and in heads of responses on their way back.</summary>
public sealed record RewriteOptions
{
    /// <summary>Key of the path prefix that is removed.</summary>
    public const string StripKey = "strip-prefix";

    /// <summary>Key of the path prefix that is put in front.</summary>
    public const string AddKey = "add-prefix";

    /// <summary>Key of the replacements in the target.</summary>
    public const string TargetKey = "rewrite";

    /// <summary>Key of the changes of request fields.</summary>
    public const string RequestKey = "request-header";

    /// <summary>Key of the changes of response fields.</summary>
    public const string ResponseKey = "response-header";

    private const int MostTargetRules = 10;

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(StripKey, "PATH", "Remove this prefix from the path; the local service gets X-Forwarded-Prefix.", v => Prefix(v[0])),
        new(TargetKey, "REGEX -> TEXT", "Replace what the expression finds in path and query: ^/old/(.*) -> /new/$1.", v => TargetRules(v))
            { Form = PolicyForm.Texts },
        new(AddKey, "PATH", "Put this prefix in front of the path.", v => Prefix(v[0])),
        new(RequestKey, "RULE", "Change a field of requests: set NAME: VALUE, add NAME: VALUE or remove NAME.", v => HeaderRules(v, isRequest: true))
            { Form = PolicyForm.Texts },
        new(ResponseKey, "RULE", "Change a field of responses, also of the server's own: set NAME: VALUE, add NAME: VALUE or remove NAME.", v => HeaderRules(v, isRequest: false))
            { Form = PolicyForm.Texts },
    ];

    /// <summary>Prefix that is removed first, without a slash at its end; null for none.</summary>
    public string? StripPrefix { get; init; }

    /// <summary>Replacements, one after the other.</summary>
    public IReadOnlyList<TargetRule> Targets { get; init; } = [];

    /// <summary>Prefix that is put in front last; null for none.</summary>
    public string? AddPrefix { get; init; }

    /// <summary>Changes of request fields, one after the other.</summary>
    public IReadOnlyList<HeaderRule> Request { get; init; } = [];

    /// <summary>Changes of response fields, one after the other.</summary>
    public IReadOnlyList<HeaderRule> Response { get; init; } = [];

    /// <summary>Reads the values of all keys.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write.</exception>
    public static RewriteOptions Parse(
        string? strip, IReadOnlyList<string> targets, string? add, IReadOnlyList<string> request, IReadOnlyList<string> response) => new()
        {
            StripPrefix = strip is null ? null : Prefix(strip),
            Targets = TargetRules(targets),
            AddPrefix = add is null ? null : Prefix(add),
            Request = HeaderRules(request, isRequest: true),
            Response = HeaderRules(response, isRequest: false),
        };

    private static string Prefix(string text)
    {
        string prefix = text.TrimEnd('/');
        bool isPath = prefix.Length > 1 && prefix[0] == '/' && RequestTarget.IsSafe(prefix)
            && prefix.AsSpan().IndexOfAny("?\\") < 0 && !prefix.Contains("//", StringComparison.Ordinal);
        return isPath && RewrittenTarget.IsAllowed(prefix)
            ? prefix
            : throw new FormatException($"\"{Printable.Clean(text)}\" is no path prefix; write one such as /api, which begins with a slash and is not only that");
    }

    private static TargetRule[] TargetRules(IReadOnlyList<string> values) => values.Count <= MostTargetRules
        ? [.. values.Select(TargetRule.Parse)]
        : throw new FormatException($"there are {values.Count} replacements, and at most {MostTargetRules} are possible; put some of them together with (a|b)");

    private static HeaderRule[] HeaderRules(IReadOnlyList<string> values, bool isRequest) => [.. values.Select(v => HeaderRule.Parse(v, isRequest))];
}
