using System.Globalization;
using Ggrok.Server.Tokens;
using Ggrok.Server.Tokens.Store;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Hosting;

/// <summary>Settings that cannot be used.</summary>
public sealed class SettingsException(string message) : Exception(message);

/// <summary>Reads typed values and collects every complaint, so that one start shows all that is wrong.</summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _complaints = [];

    /// <exception cref="SettingsException">PORT is not a port number.</exception>
    public int Port()
    {
        int port = Int("PORT", 8080, 0, 65535);
        ThrowIfInvalid();
        return port;
    }

    public int Int(string name, int fallback, int least, int most)
    {
        string? text = Text(name);
        if (text is null)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
        {
            return value;
        }

        return Complain(name, text, $"write a whole number from {least} to {most}", fallback);
    }

    public int? OptionalInt(string name, int least, int most) => Text(name) is null ? null : Int(name, least, least, most);

    public bool Bool(string name, bool fallback)
    {
        string? text = Text(name);
        return text?.ToLowerInvariant() switch
        {
            null => fallback,
            "true" or "1" or "yes" or "on" => true,
            "false" or "0" or "no" or "off" => false,
            _ => Complain(name, text, "write true or false", fallback),
        };
    }

    public TimeSpan? OptionalDuration(string name) => Text(name) is null ? null : Duration(name, default);

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan atLeast = default)
    {
        string? text = Text(name);
        if (text is null)
        {
            return fallback;
        }

        if (Durations.TryParse(text, out TimeSpan value) && value >= atLeast)
        {
            return value;
        }

        return Complain(name, text, "write a duration such as 500ms, 30s, 5m or 1h" + (atLeast > default(TimeSpan) ? $", at least {atLeast}" : ""), fallback);
    }

    public string OneOf(string name, params string[] allowed)
    {
        string? text = Text(name);
        return text is null ? allowed[0]
            : Array.Find(allowed, a => a.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? Complain(name, text, "write " + string.Join(" or ", allowed), allowed[0]);
    }

    public string? HostName(string name)
    {
        string? text = Text(name);
        if (text is null)
        {
            return null;
        }

        string? host = HostNames.Normalize(text);
        return host is not null && host.Contains('.') ? host : Complain<string?>(name, text, "write a domain such as tunnels.example.com", null);
    }

    public T Parse<T>(string name, Func<string, T> parse, T fallback)
    {
        string? text = Text(name);
        if (text is null)
        {
            return fallback;
        }

        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            return Complain(name, text, e.Message, fallback);
        }
    }

    /// <summary>A value that a complaint does not show; null when it is not set.</summary>
    public string? Secret(string name, Func<string, string> parse)
    {
        try
        {
            return Text(name) is { } text ? parse(text) : null;
        }
        catch (FormatException e)
        {
            _complaints.Add($"{name}: {e.Message}");
            return null;
        }
    }

    /// <summary>What stands between commas.</summary>
    public IReadOnlyList<string> List(string name) =>
        (Text(name) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Secrets between commas; a complaint does not show them.</summary>
    public IReadOnlyList<string> Secrets(string name)
    {
        const int Shortest = 32;
        IReadOnlyList<string> secrets = List(name);
        if (secrets.Any(s => s.Length < Shortest))
        {
            _complaints.Add($"{name}: a secret has fewer than {Shortest} characters; make one with: openssl rand -hex 32");
        }

        return secrets;
    }

    /// <summary>The tokens of a setting. Those of the files are read here for complaints only.</summary>
    public IReadOnlyList<TokenEntry> Tokens(string name, string fileName, string storeName)
    {
        List<TokenEntry> tokens = TokenLines.OfSetting(name, Text(name) ?? "", _complaints);
        try
        {
            List<TokenEntry> ofFile = Text(fileName) is { } path ? TokenLines.OfFile(fileName, path) : [];
            if (TokenLines.Clash([.. tokens, .. ofFile]) is { } clash)
            {
                _complaints.Add($"{name}: {clash}");
            }

            if (Text(storeName) is { } store)
            {
                new StoreReader(store).Read();
            }
        }
        catch (TokenFileException e)
        {
            _complaints.Add(e.Message);
        }

        return tokens;
    }

    /// <summary>A misspelt name would otherwise be ignored in silence.</summary>
    public void RefuseUnknown(string prefix, IEnumerable<string> known)
    {
        HashSet<string> names = new(known, StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection section in configuration.GetChildren())
        {
            if (section.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !names.Contains(section.Key))
            {
                _complaints.Add($"{section.Key}: there is no such setting; docs/configuration.md lists them all");
            }
        }
    }

    public void ThrowIfInvalid()
    {
        if (_complaints.Count > 0)
        {
            throw new SettingsException("The configuration cannot be used:\n  " + string.Join("\n  ", _complaints));
        }
    }

    /// <summary>The value as written; null when it is not set.</summary>
    public string? Text(string name) => configuration[name] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>Remembers what is wrong: a sentence that begins with the setting's name.</summary>
    public void Complain(string complaint) => _complaints.Add(complaint);

    private T Complain<T>(string name, string text, string advice, T fallback)
    {
        _complaints.Add($"{name}: \"{text}\" is not valid; {advice}");
        return fallback;
    }
}
