using System.Globalization;
using System.Runtime.CompilerServices;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox;

/// <summary>Asks the server about the inboxes of this installation's tunnels.</summary>
/// <param name="options">Server, token, identity and trust.</param>
/// <exception cref="Ggrok.Shared.Certificates.PemException">A file cannot be used.</exception>
internal sealed class InboxClient(TunnelClientOptions options) : IDisposable
{
    private const string Path = ProtocolLimits.Path + "/inbox/";

    // The longest targets that there are, as long as JSON may make them, still fit into an answer.
    private const int PageSize = 50;

    private readonly ServerApi _api = new(options, "inbox");

    /// <summary>What is stored, in order of arrival.</summary>
    /// <param name="choice">What of it.</param>
    /// <param name="limit">At most so many; null for all.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async IAsyncEnumerable<InboxItem> ItemsAsync(InboxChoice choice, int? limit, [EnumeratorCancellation] CancellationToken stop)
    {
        int left = limit ?? int.MaxValue;
        string? after = null;
        do
        {
            string query = choice.Query(("after", after), ("limit", Math.Min(left, PageSize).ToString(CultureInfo.InvariantCulture)));
            InboxPage page = await _api.GetAsync(HttpMethod.Get, Path + "items" + query, InboxJson.Default.InboxPage, stop).ConfigureAwait(false);
            foreach (InboxItem item in page.Items.Take(left))
            {
                yield return item;
            }

            left -= page.Items.Count;
            after = page.Items.Count > 0 ? page.Next : null;
        }
        while (after is not null && left > 0);
    }

    /// <summary>One request with its head.</summary>
    /// <exception cref="ServerApiException">There is none with this id, or the server cannot be asked.</exception>
    public Task<InboxItemDetails> ItemAsync(string id, CancellationToken stop) =>
        _api.GetAsync(HttpMethod.Get, Path + "items/" + id, InboxJson.Default.InboxItemDetails, stop);

    /// <summary>Copies a body; returns its size in bytes.</summary>
    /// <exception cref="ServerApiException">There is none with this id, or the server cannot be asked.</exception>
    public Task<long> CopyBodyAsync(string id, Stream to, CancellationToken stop) => _api.CopyAsync(Path + "items/" + id + "/body", to, stop);

    /// <summary>Makes a request due now.</summary>
    /// <exception cref="ServerApiException">There is none with this id, or the server cannot be asked.</exception>
    public Task<InboxItem> DeliverAsync(string id, CancellationToken stop) =>
        _api.GetAsync(HttpMethod.Post, $"{Path}items/{id}/deliver", InboxJson.Default.InboxItem, stop);

    /// <summary>Makes several due now; returns how many.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<int> DeliverAsync(InboxChoice choice, CancellationToken stop) =>
        (await _api.GetAsync(HttpMethod.Post, Path + "deliver" + choice.Query(), InboxJson.Default.InboxCount, stop).ConfigureAwait(false)).Count;

    /// <summary>Forgets a request.</summary>
    /// <exception cref="ServerApiException">There is none with this id, or the server cannot be asked.</exception>
    public Task DropAsync(string id, CancellationToken stop) => _api.AskAsync(HttpMethod.Delete, Path + "items/" + id, InboxJson.Default.InboxCount, stop);

    /// <summary>Forgets several; returns how many.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<int> DropAsync(InboxChoice choice, CancellationToken stop) =>
        (await _api.GetAsync(HttpMethod.Delete, Path + "items" + choice.Query(), InboxJson.Default.InboxCount, stop).ConfigureAwait(false)).Count;

    /// <summary>The inboxes.</summary>
    /// <exception cref="ServerApiException">The server refuses, or cannot be asked.</exception>
    public async Task<IReadOnlyList<InboxTunnel>> TunnelsAsync(CancellationToken stop) =>
        (await _api.GetAsync(HttpMethod.Get, Path + "tunnels", InboxJson.Default.InboxTunnels, stop).ConfigureAwait(false)).Tunnels;

    /// <summary>Gives the name of a tunnel free.</summary>
    /// <param name="tunnel">Its public name.</param>
    /// <param name="drop">Also when something is in its inbox, which is lost then.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="ServerApiException">Something is in its inbox, or the server cannot be asked.</exception>
    public Task CloseAsync(string tunnel, bool drop, CancellationToken stop) =>
        _api.AskAsync(HttpMethod.Delete, $"{Path}tunnels/{Uri.EscapeDataString(tunnel)}{(drop ? "?drop=true" : "")}", InboxJson.Default.InboxCount, stop);

    public void Dispose() => _api.Dispose();
}

/// <summary>Which of the stored requests are meant.</summary>
/// <param name="State"><c>waiting</c>, <c>dead</c> or <c>all</c>.</param>
/// <param name="Tunnel">Public name of a tunnel; null for all.</param>
internal sealed record InboxChoice(string State, string? Tunnel = null)
{
    /// <summary>Every state.</summary>
    public const string All = "all";

    /// <summary>Whether one of them is meant.</summary>
    public bool Includes(InboxTunnel inbox) => Tunnel is null || Tunnel == inbox.Tunnel;

    /// <summary>How many of an inbox are meant.</summary>
    public int CountOf(InboxTunnel inbox) => !Includes(inbox) ? 0
        : State switch { InboxItem.Waiting => inbox.Waiting, InboxItem.Dead => inbox.Dead, _ => inbox.Waiting + inbox.Dead };

    /// <summary>It as the query of an address.</summary>
    public string Query(params ReadOnlySpan<(string Name, string? Value)> more)
    {
        string query = "?state=" + State + (Tunnel is null ? "" : "&tunnel=" + Uri.EscapeDataString(Tunnel));
        foreach ((string name, string? value) in more)
        {
            query += value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
        }

        return query;
    }
}
