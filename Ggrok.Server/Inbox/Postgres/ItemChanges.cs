using Ggrok.Server.Inbox.Items;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Changes and removes items that are in the database.</summary>
/// <param name="database">The database.</param>
/// <param name="waiting">Looks at tunnels whose items have changed.</param>
/// <param name="changed">Told of them.</param>
/// <param name="time">Clock.</param>
internal sealed class ItemChanges(Database database, WaitingTunnels waiting, Action<string> changed, TimeProvider time)
{
    /// <summary>Removes an item that was delivered, and takes note of that.</summary>
    public async Task RemoveDeliveredAsync(InboxItem item)
    {
        await database.RunAsync(
            """
            WITH gone AS (DELETE FROM ggrok_inbox_items WHERE id = @id RETURNING sameness, id)
            INSERT INTO ggrok_inbox_delivered (sameness, id, at) SELECT sameness, id, @now FROM gone WHERE sameness IS NOT NULL AND @is_remembered
            ON CONFLICT (sameness) DO UPDATE SET id = excluded.id, at = excluded.at
            """, ("id", item.Id), ("now", time.GetUtcNow()), ("is_remembered", SameRequest.IsRemembered(item.Provider))).ConfigureAwait(false);
        await waiting.LookAtAsync(item.Tunnel).ConfigureAwait(false);
    }

    /// <summary>Replaces what is known of an item.</summary>
    public async Task UpdateAsync(InboxItem item)
    {
        await database.RunAsync(
            "UPDATE ggrok_inbox_items SET attempts = @attempts, next_attempt = @next, last_failure = @failure, is_dead = @dead WHERE id = @id",
            ("attempts", item.Attempts), ("next", item.NextAttempt), ("failure", item.LastFailure), ("dead", item.IsDead), ("id", item.Id)).ConfigureAwait(false);
        await waiting.LookAtAsync(item.Tunnel).ConfigureAwait(false);
        changed(item.Tunnel);
    }

    /// <summary>Makes items due now; dead ones wait again at the end of the queue.</summary>
    /// <remarks>Whoever changes several items gets them in the order of their ids, so that no two wait for each other.</remarks>
    public Task<int> DeliverAgainAsync(InboxQuery query) => ChangeAsync(
        $"""
        WITH wanted AS (SELECT id, place FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY id FOR UPDATE),
        placed AS (SELECT id, nextval('ggrok_inbox_places') AS place FROM (SELECT id FROM wanted ORDER BY place) AS w),
        changed AS (UPDATE ggrok_inbox_items AS i SET next_attempt = NULL, is_dead = false,
            attempts = CASE WHEN is_dead THEN 0 ELSE attempts END, place = CASE WHEN is_dead THEN placed.place ELSE i.place END
            FROM placed WHERE i.id = placed.id RETURNING i.tunnel)
        SELECT tunnel FROM changed
        """, query);

    /// <summary>Removes items.</summary>
    public Task<int> DropAsync(InboxQuery query) => ChangeAsync(
        $"""
        WITH wanted AS (SELECT id FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY id FOR UPDATE),
        changed AS (DELETE FROM ggrok_inbox_items AS i USING wanted WHERE i.id = wanted.id RETURNING i.tunnel)
        SELECT tunnel FROM changed
        """, query);

    private async Task<int> ChangeAsync(string sql, InboxQuery query)
    {
        List<string> tunnels = await database.QueryAsync(sql, static r => r.GetString(0), ItemRows.Parameters(query)).ConfigureAwait(false);
        foreach (string tunnel in tunnels.Distinct(StringComparer.Ordinal))
        {
            await waiting.LookAtAsync(tunnel).ConfigureAwait(false);
            await database.RunAsync($"SELECT pg_notify('{Listener.Items}', @tunnel)", ("tunnel", tunnel)).ConfigureAwait(false);
            changed(tunnel);
        }

        return tunnels.Count;
    }
}
