namespace Ggrok.Shared.Webhooks;

/// <summary>Who sends webhooks that can be recognised and verified.</summary>
public enum WebhookProvider
{
    /// <summary>GitHub, and the forges that send its fields.</summary>
    GitHub,

    /// <summary>GitLab.</summary>
    GitLab,

    /// <summary>Stripe.</summary>
    Stripe,

    /// <summary>Slack: events, slash commands, interactivity.</summary>
    Slack,

    /// <summary>Shopify.</summary>
    Shopify,

    /// <summary>Twilio.</summary>
    Twilio,

    /// <summary>Whoever follows the Standard Webhooks specification, also with the field names of Svix.</summary>
    StandardWebhooks,
}

/// <summary>Names of the providers.</summary>
public static class WebhookProviders
{
    /// <summary>The name that people know it by.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is no member of the enum.</exception>
    public static string DisplayName(this WebhookProvider provider) => provider switch
    {
        WebhookProvider.GitHub => "GitHub",
        WebhookProvider.GitLab => "GitLab",
        WebhookProvider.Stripe => "Stripe",
        WebhookProvider.Slack => "Slack",
        WebhookProvider.Shopify => "Shopify",
        WebhookProvider.Twilio => "Twilio",
        WebhookProvider.StandardWebhooks => "Standard Webhooks",
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, null),
    };
}
