using Ggrok.Shared.Webhooks;

namespace Ggrok.Client.Cli;

/// <summary>Secrets of webhook providers: of the environment, else of the configuration file; never on the command line, where others see them.</summary>
internal static class WebhookSecrets
{
    private const string KeyPrefix = "webhook-secret-";
    private const string VariablePrefix = "GGROK_WEBHOOK_SECRET_";

    /// <summary>The configuration file's keys with the providers that they are for.</summary>
    public static IReadOnlyDictionary<string, WebhookProvider> Keys { get; } = Enum.GetValues<WebhookProvider>().ToDictionary(p => KeyPrefix + NameOf(p), p => p);

    /// <summary>Whether a key holds a secret of a provider.</summary>
    public static bool IsKey(string key) => Keys.ContainsKey(key);

    /// <summary>The secrets in a value; several, while one replaces another, are separated by spaces.</summary>
    /// <exception cref="UsageException">There is none; the message does not show the value.</exception>
    public static IReadOnlyList<string> Parse(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } secrets && !text.Any(char.IsControl)
            ? secrets
            : throw new UsageException("The secret is empty or has control characters; copy it again.");

    /// <summary>What is configured for each provider.</summary>
    /// <exception cref="UsageException">A secret cannot be used.</exception>
    public static IReadOnlyDictionary<WebhookProvider, IReadOnlyList<string>> Resolve(SettingSources sources) => Keys
        .Select(k => (Provider: k.Value, Setting: sources.VariableOrSaved(VariablePrefix + NameOf(k.Value).ToUpperInvariant(), k.Key)))
        .Where(s => s.Setting is not null)
        .ToDictionary(s => s.Provider, s => s.Setting!.As(Parse));

    private static string NameOf(WebhookProvider provider) => provider == WebhookProvider.StandardWebhooks ? "standard" : provider.ToString().ToLowerInvariant();
}
