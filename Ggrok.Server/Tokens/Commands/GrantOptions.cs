using System.CommandLine;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tokens.Commands;

/// <summary>The options of <c>tokens create</c> that say what the token allows.</summary>
internal sealed class GrantOptions(TimeProvider time)
{
    private readonly Option<bool> _public = new("--public") { Description = "Tunnels for the public, beside what --serve, --connect or --admin allow." };
    private readonly Option<bool> _admin = new("--admin") { Description = "Logging in to the server's own page and API. Alone it opens no tunnels." };
    private readonly Option<string[]> _hosts = List("--hosts", "HOST,...", "Public host names that it may take: alice.my.app, *.dev.my.app.");
    private readonly Option<string[]> _paths = List("--paths", "PATH,...", "Paths that it may take: /hooks with all below, /hooks/* for any below.");
    private readonly Option<string[]> _kinds = List("--kinds", "KIND,...", "Kinds of tunnels that it may open: http, tcp, udp, tls.");
    private readonly Option<string[]> _serve = List("--serve", "NAME,...", "Private names that it may serve: device-*.");
    private readonly Option<string[]> _connect = List("--connect", "NAME,...", "Private names that it may connect to.");
    private readonly Option<string[]> _policies = List("--policies", "KEY,...", "Edge policies that its client may set: auth,rate-limit, or * (all, as without the option), or none.");
    private readonly Option<string?> _most = new("--max-tunnels") { HelpName = "N", Description = "Tunnels that it may have open at once." };
    private readonly Option<string?> _expires = new("--expires") { HelpName = "TIME", Description = "When it ends: 30d from now, 2030-12-31, 2030-12-31T18:00:00Z. [default: never]" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_hosts, _paths, _kinds, _serve, _connect, _public, _admin, _policies, _most, _expires])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the options say.</summary>
    /// <exception cref="TokenUsageException">One of them is not valid.</exception>
    public Grants Read(ParseResult parsed)
    {
        var words = new List<string>();
        foreach (Option<string[]> list in (Option<string[]>[])[_hosts, _paths, _kinds, _serve, _connect, _policies])
        {
            if (parsed.GetResult(list) is not null)
            {
                words.Add(Checked(list, string.Join('|', (parsed.GetValue(list) ?? []).SelectMany(v => v.Split([',', '|'], StringSplitOptions.TrimEntries)))));
            }
        }

        if (parsed.GetValue(_most) is { } most)
        {
            words.Add(Checked(_most, most.Trim()));
        }

        if (parsed.GetValue(_expires) is { } expires)
        {
            words.Add("expires=" + GrantWords.Written(End(expires.Trim())));
        }

        if (parsed.GetValue(_public))
        {
            words.Add("public");
        }

        if (parsed.GetValue(_admin))
        {
            words.Add("admin");
        }

        return Grants.Parse(words);
    }

    private DateTimeOffset End(string text)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end;
        if (Durations.TryParse(text, out TimeSpan duration))
        {
            end = now + duration;
        }
        else
        {
            try
            {
                end = GrantWords.Time(text);
            }
            catch (FormatException)
            {
                throw new TokenUsageException($"--expires: \"{Printable.Clean(text)}\" is no time; write 30d (at most 365d), 2030-12-31 or 2030-12-31T18:00:00Z.");
            }
        }

        return end > now ? end : throw new TokenUsageException($"--expires: {GrantWords.Written(end)} is over; write a time to come.");
    }

    private static string Checked(Option option, string value)
    {
        string word = $"{option.Name[2..]}={value}";
        try
        {
            GrantWords.Parse([word]);
            return word;
        }
        catch (FormatException e)
        {
            throw new TokenUsageException($"{option.Name}: {e.Message}.");
        }
    }

    private static Option<string[]> List(string name, string helpName, string description) => new(name)
    {
        HelpName = helpName, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false,
    };
}
