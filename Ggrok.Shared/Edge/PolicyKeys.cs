using System.Collections.Frozen;
using Ggrok.Shared.Edge.Address;
using Ggrok.Shared.Edge.Compression;
using Ggrok.Shared.Edge.Cors;
using Ggrok.Shared.Edge.ErrorPages;
using Ggrok.Shared.Edge.Inbox;
using Ggrok.Shared.Edge.Maintenance;
using Ggrok.Shared.Edge.Rewrite;
using Ggrok.Shared.Edge.Transport;
using Ggrok.Shared.Edge.Bandwidth;
using Ggrok.Shared.Edge.Body;
using Ggrok.Shared.Edge.Certificate;
using Ggrok.Shared.Edge.Rate;
using Ggrok.Shared.Edge.Service;
using Ggrok.Shared.Edge.Webhook;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Shared.Edge;

/// <summary>Every key of every policy. <c>docs/policies.md</c> lists the same.</summary>
public static class PolicyKeys
{
    /// <summary>All keys, in the order in which help and documentation show them.</summary>
    public static IReadOnlyList<PolicyKey> All { get; } =
    [
        .. TransportOptions.Keys,
        .. AddressOptions.Keys,
        .. ErrorPagesOptions.Keys,
        .. MaintenanceOptions.Keys,
        .. CorsOptions.Keys,
        .. CompressionOptions.Keys,
        .. RewriteOptions.Keys,
        .. RateOptions.Keys,
        .. CertificateOptions.Keys,
        .. BodyOptions.Keys,
        .. WebhookOptions.Keys,
        .. InboxOptions.Keys,
        .. BandwidthOptions.Keys,
        .. ServiceOptions.Keys,
        .. AuthOptions.Keys,
        .. TokenOptions.Keys,
        .. ShareOptions.Keys,
        .. LoginOptions.Keys,
    ];

    private static readonly FrozenDictionary<string, PolicyKey> ByName = All.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);

    /// <summary>The key with this name, or null.</summary>
    public static PolicyKey? Find(string name) => ByName.GetValueOrDefault(name);
}
