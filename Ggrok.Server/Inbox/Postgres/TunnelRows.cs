using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>The tunnels whose names are kept, as rows.</summary>
/// <param name="database">The database.</param>
/// <param name="own">By what this server knows its own notifications.</param>
/// <param name="log">Is told of what cannot be read.</param>
internal sealed partial class TunnelRows(Database database, string own, ILogger log)
{
    /// <summary>All of them, without those that cannot be read.</summary>
    public async Task<IReadOnlyList<InboxTunnel>> LoadAsync() =>
        [.. (await database.QueryAsync("SELECT value FROM ggrok_inbox_tunnels", static r => r.GetString(0)).ConfigureAwait(false)).Select(Read).OfType<InboxTunnel>()];

    /// <summary>One of them; null when it is not kept.</summary>
    public async Task<InboxTunnel?> LoadAsync(string name) =>
        (await database.QueryAsync("SELECT value FROM ggrok_inbox_tunnels WHERE name = @name", static r => r.GetString(0), ("name", name)).ConfigureAwait(false)) is [var value]
            ? Read(value)
            : null;

    /// <summary>Keeps one.</summary>
    public Task SaveAsync(InboxTunnel tunnel) => database.RunAsync(
        $"""
        WITH changed AS (INSERT INTO ggrok_inbox_tunnels (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING name)
        SELECT pg_notify('{Listener.Tunnels}', @own) FROM changed
        """, ("name", tunnel.Name), ("value", JsonSerializer.Serialize(tunnel, StoredJson.Default.InboxTunnel)), ("own", own));

    /// <summary>Forgets one.</summary>
    public Task RemoveAsync(string name) => database.RunAsync(
        $"WITH changed AS (DELETE FROM ggrok_inbox_tunnels WHERE name = @name RETURNING name) SELECT pg_notify('{Listener.Tunnels}', @own) FROM changed",
        ("name", name), ("own", own));

    /// <summary>Reads JSON of the database; null with the problem when that cannot be done.</summary>
    public static T? Parse<T>(string json, JsonTypeInfo<T> type, out string? problem)
        where T : class
    {
        try
        {
            problem = "it is empty";
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private InboxTunnel? Read(string value)
    {
        InboxTunnel? tunnel = Parse(value, StoredJson.Default.InboxTunnel, out string? problem);
        if (tunnel is null)
        {
            LogUnreadable(Printable.Clean(problem));
        }

        return tunnel;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox: a tunnel in the database cannot be read and is left alone: {Problem}")]
    private partial void LogUnreadable(string problem);
}
