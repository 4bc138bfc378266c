using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Edge.Rewrite;

/// <summary>Gives a request the target that the rules make of it.</summary>
internal sealed class TargetRewriter(RewriteOptions options)
{
    private const string PrefixField = "X-Forwarded-Prefix";

    /// <summary>Changes the target. False when what comes of it may not be sent.</summary>
    public bool TryRewrite(RequestHead head)
    {
        if (head.Target[0] != '/')
        {
            // OPTIONS * has no path.
            return true;
        }

        string target = head.Target;
        bool isStripped = options.StripPrefix is { } prefix && RequestTarget.IsBelow(target, prefix);
        if (isStripped)
        {
            target = RewrittenTarget.WithOneSlash(RequestTarget.StripPrefix(target, options.StripPrefix!));
        }

        foreach (TargetRule rule in options.Targets)
        {
            string? replaced = rule.Apply(target);
            if (replaced is null or "" || replaced[0] != '/')
            {
                return false;
            }

            target = replaced == target ? target : RewrittenTarget.WithOneSlash(replaced);
        }

        target = options.AddPrefix + target;
        if (target == head.Target)
        {
            return true;
        }

        if (!RewrittenTarget.IsAllowed(target))
        {
            return false;
        }

        head.Target = target;
        if (isStripped)
        {
            AddToPrefix(head.Headers, options.StripPrefix!);
        }

        return true;
    }

    // A prefix that the route itself has lost stands there already, in front.
    private static void AddToPrefix(List<HeaderField> headers, string prefix)
    {
        int at = headers.FindIndex(f => f.Name == PrefixField);
        if (at < 0)
        {
            headers.Add(new HeaderField(PrefixField, prefix));
        }
        else
        {
            headers[at] = new HeaderField(PrefixField, headers[at].Value + prefix);
        }
    }
}
