using Ggrok.Client.Cli;
using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Configuration;

/// <summary>A key of the configuration file.</summary>
/// <param name="Meaning">What it says.</param>
/// <param name="Check">Throws <see cref="UsageException"/> for a value that cannot be used.</param>
/// <param name="IsFile">The value is a file's path: saved in full, and one that is not begins at the configuration file.</param>
public sealed record ConfigKey(string Meaning, Action<string> Check, bool IsFile = false);

/// <summary>Keys of the configuration file.</summary>
public static class ConfigKeys
{
    /// <summary>The section of tunnels.</summary>
    public const string Tunnels = "tunnels";

    /// <summary>The section of private names to connect to.</summary>
    public const string Connect = "connect";

    /// <summary>The section of rules.</summary>
    public const string Rules = "rules";

    /// <summary>Each key, in the order in which they are listed.</summary>
    public static IReadOnlyDictionary<string, ConfigKey> All { get; } = WithSecrets(new SortedDictionary<string, ConfigKey>(StringComparer.Ordinal)
    {
        ["ca"] = new("CA that may have issued the server's certificate", v => SettingValues.Authorities(v), IsFile: true),
        ["cert"] = new("client certificate", v => SettingValues.ExistingFile(v), IsFile: true),
        ["connections"] = new("connections to the server over which requests are spread", v => SettingValues.Connections(v)),
        ["host-header"] = new("Host header for the local service: rewrite, preserve or a value", v => SettingValues.HostHeader(v)),
        ["inspect"] = new("port of the inspector's page, or off", v => SettingValues.InspectorPort(v)),
        ["inspect-body"] = new("how much of each body the inspector keeps", v => SettingValues.KeptBody(v)),
        ["inspect-keep"] = new("how many requests the inspector keeps", v => SettingValues.KeptExchanges(v)),
        ["inspect-memory"] = new("how much memory the inspector uses for them", v => SettingValues.InspectorMemory(v)),
        ["key"] = new("key of the client certificate", v => SettingValues.ExistingFile(v), IsFile: true),
        ["label"] = new("who you are, told to people who want a name that you hold", v => SettingValues.Label(v)),
        ["redact"] = new("names of fields and parameters whose values are secrets, separated by commas", v => SettingValues.SecretNames(v)),
        ["server"] = new("the Ggrok server", v => ServerAddress.Parse(v)),
        ["subdomain"] = new("subdomain to ask for", v => PublicName.Subdomain(v)),
        ["path"] = new("path prefix to ask for", v => PublicName.PathPrefix(v)),
        ["token"] = new("registration token", v => SettingValues.Token(v)),
    });

    /// <summary>The key with this name.</summary>
    /// <exception cref="UsageException">There is none; the message names the one that may have been meant.</exception>
    public static ConfigKey Get(string name)
    {
        if (All.TryGetValue(name, out ConfigKey? key))
        {
            return key;
        }

        string? near = Spelling.Nearest(name, [.. All.Keys, Tunnels, Connect, Rules]);
        throw new UsageException(name is Tunnels or Connect or Rules
            ? $"{name} is a section with names below it; write it with: ggrok config edit"
            : $"There is no setting {name.Quoted()}; " + (near is not null ? $"did you mean {near}?" : $"there are {string.Join(", ", All.Keys)}, {Tunnels}, {Connect} and {Rules}."));
    }

    private static SortedDictionary<string, ConfigKey> WithSecrets(SortedDictionary<string, ConfigKey> keys)
    {
        foreach ((string key, WebhookProvider provider) in WebhookSecrets.Keys)
        {
            keys.Add(key, new ConfigKey($"secret by which the inspector verifies webhooks of {provider.DisplayName()}", v => WebhookSecrets.Parse(v)));
        }

        return keys;
    }
}
