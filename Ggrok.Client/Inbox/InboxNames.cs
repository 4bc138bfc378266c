using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inbox;

/// <summary>Finds what people mean by a short name.</summary>
internal static class InboxNames
{
    // So many are listed where a name means several.
    private const int MostListed = 5;

    /// <summary>The ids that are meant, in the order given and each once.</summary>
    /// <param name="client">Asks the server.</param>
    /// <param name="written">Ids, or beginnings of them.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="UsageException">One is no id, or means several.</exception>
    /// <exception cref="ServerApiException">One means none, or the server cannot be asked.</exception>
    public static async Task<IReadOnlyList<string>> IdsAsync(InboxClient client, IReadOnlyList<string> written, CancellationToken stop)
    {
        string[] wanted = [.. written.Select(Checked)];
        var known = new List<string>();
        if (wanted.Any(w => w.Length < InboxId.Length))
        {
            await foreach (InboxItem item in client.ItemsAsync(new InboxChoice(InboxChoice.All), null, stop).ConfigureAwait(false))
            {
                known.Add(item.Id);
            }
        }

        return [.. wanted.Select(w => w.Length == InboxId.Length ? w : Only(w, known)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The tunnel that is meant.</summary>
    /// <param name="written">Public URL, host and path, or the first part of the host where that is enough.</param>
    /// <param name="inboxes">Those that there are.</param>
    /// <exception cref="UsageException">It means none, or several.</exception>
    public static string Tunnel(string written, IReadOnlyList<InboxTunnel> inboxes)
    {
        int scheme = written.IndexOf("://", StringComparison.Ordinal);
        string name = (scheme < 0 ? written : written[(scheme + 3)..]).TrimEnd('/');
        InboxTunnel[] found = [.. inboxes.Where(t => t.Tunnel.Equals(name, StringComparison.OrdinalIgnoreCase))];
        if (found.Length == 0)
        {
            found = [.. inboxes.Where(t => WithoutPort(t.Tunnel).Equals(WithoutPort(name), StringComparison.OrdinalIgnoreCase))];
        }

        if (found.Length == 0)
        {
            found = [.. inboxes.Where(t => t.Tunnel.StartsWith(name + ".", StringComparison.OrdinalIgnoreCase))];
        }

        string listed = string.Join(", ", (found.Length == 0 ? inboxes : found).Take(MostListed).Select(t => Printable.Clean(t.Tunnel)));
        return found switch
        {
            [var only] => only.Tunnel,
            [] when inboxes.Count == 0 => throw new UsageException($"No tunnel of this installation has an inbox on the server, so there is none {written.Quoted()}."),
            [] => throw new UsageException($"There is no inbox of {written.Quoted()}; there are those of {listed}."),
            _ => throw new UsageException($"{written.Quoted()} means several tunnels: {listed}; write one of them."),
        };
    }

    /// <summary>Whether an inbox is that of a tunnel with this public URL.</summary>
    public static bool IsOf(InboxTunnel inbox, Uri url)
    {
        string name = (url.IdnHost + url.AbsolutePath).TrimEnd('/');

        // Conditions of a tunnel stand behind its name.
        return inbox.Tunnel.Equals(name, StringComparison.OrdinalIgnoreCase) || inbox.Tunnel.StartsWith(name + " (", StringComparison.OrdinalIgnoreCase);
    }

    private static string Checked(string written) => InboxId.Canonical(written.Trim())
        ?? throw new UsageException($"{written.Quoted()} is no id of a stored webhook; ggrok inbox list shows them, and the beginning of one is enough.");

    private static string Only(string beginning, List<string> known)
    {
        string[] found = [.. known.Where(i => i.StartsWith(beginning, StringComparison.Ordinal))];
        return found switch
        {
            [var only] => only,
            [] => throw new ServerApiException(ExitCode.Failed, $"There is no stored webhook {beginning}; it may have been delivered by now. ggrok inbox list shows those that there are."),
            _ => throw new UsageException($"{beginning} means {found.Length} webhooks: {string.Join(", ", found.Take(MostListed))}{(found.Length > MostListed ? ", …" : "")}; write more of it."),
        };
    }

    private static string WithoutPort(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? name : name[..slash];
        int colon = host.LastIndexOf(':');
        return (colon > host.LastIndexOf(']') ? host[..colon] : host) + (slash < 0 ? "" : name[slash..]);
    }
}
