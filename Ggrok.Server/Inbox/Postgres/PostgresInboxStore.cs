using System.Collections.Concurrent;
using System.Text.Json;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Requests in PostgreSQL, which several servers may share.</summary>
internal sealed partial class PostgresInboxStore : IInboxStore
{
    private const string Notify = "SELECT pg_notify('" + Listener.Items + "', t) FROM (SELECT DISTINCT tunnel AS t FROM changed) AS names";

    private readonly Database _database;
    private readonly Claims _claims;
    private readonly Listener _listener;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _own = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _opening = new(1);
    private readonly ConcurrentDictionary<string, bool> _waiting = new(StringComparer.Ordinal);
    private long _bytes;
    private InboxTotals _totals = InboxTotals.None;
    private volatile bool _isOpen;

    /// <param name="connectionString">Where the database is.</param>
    /// <param name="maxBytes">Bytes of all tunnels together.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Is told when the database goes and comes.</param>
    public PostgresInboxStore(string connectionString, long maxBytes, TimeProvider time, ILogger<PostgresInboxStore> log)
    {
        _database = new Database(connectionString);
        _claims = new Claims(_database);
        _listener = new Listener(_database, time, log);
        _maxBytes = maxBytes;
        _time = time;
        _log = log;
    }

    public string Place => _database.Place;

    public event Action<string>? Changed;

    public event Action? TunnelsChanged;

    public async Task<bool> OpenAsync(bool isWanted)
    {
        if (_isOpen)
        {
            return true;
        }

        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isOpen)
            {
                await Database.NamedAsync(async () =>
                {
                    await Schema.MakeAsync(_database.Source).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
                await LookAgainAsync().ConfigureAwait(false);
                _isOpen = true;
                LogOpened(Place, _totals.Waiting + _totals.Dead);
                _listener.Start(OnNotification, LookAtAllAsync);
            }

            return true;
        }
        finally
        {
            _opening.Release();
        }
    }

    public bool HasWaiting(string tunnel) => _waiting.ContainsKey(tunnel);

    public IReadOnlyList<string> WaitingTunnels() => [.. _waiting.Keys];

    public async Task<string?> FindSameAsync(string sameness) => (await _database.QueryAsync(
        """
        SELECT id FROM ggrok_inbox_items WHERE sameness = @sameness
        UNION ALL SELECT id FROM ggrok_inbox_delivered WHERE sameness = @sameness AND at > @since LIMIT 1
        """, static r => r.GetString(0), ("sameness", sameness), ("since", _time.GetUtcNow() - DeliveredMemory.Kept)).ConfigureAwait(false)).FirstOrDefault();

    public async Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        if (item.Sameness is not null && await FindSameAsync(item.Sameness).ConfigureAwait(false) is { } known)
        {
            return new InboxReceipt(known, IsNew: false);
        }

        string head = JsonSerializer.Serialize(request, StoredJson.Default.InboxRequest);
        long bytes = body.Length + head.Length;
        if (Interlocked.Read(ref _bytes) + bytes > _maxBytes)
        {
            return InboxReceipt.Full;
        }

        List<bool> added = await InsertAsync(item with { StoredBytes = bytes }, head, body, bounds).ConfigureAwait(false);
        if (added.Count == 0)
        {
            // The same one came at the same time, or there is no room.
            string? same = item.Sameness is null ? null : await FindSameAsync(item.Sameness).ConfigureAwait(false);
            return new InboxReceipt(same, IsNew: false);
        }

        Interlocked.Add(ref _bytes, bytes);
        _waiting[item.Tunnel] = true;
        Changed?.Invoke(item.Tunnel);
        return new InboxReceipt(item.Id, IsNew: true);
    }

    public async ValueTask<bool> ClaimAsync(string tunnel) => await _claims.TakeAsync(tunnel).ConfigureAwait(false);

    public ValueTask ReleaseAsync(string tunnel) => _claims.GiveAsync(tunnel);

    public async Task<InboxItem?> FirstAsync(string tunnel)
    {
        List<InboxItem> first = await _database.QueryAsync(
            $"SELECT {ItemRows.Columns} FROM ggrok_inbox_items WHERE tunnel = @tunnel AND NOT is_dead ORDER BY place LIMIT 1", ItemRows.Read, ("tunnel", tunnel)).ConfigureAwait(false);
        if (first.Count == 0)
        {
            await LookAtAsync(tunnel).ConfigureAwait(false);
            return null;
        }

        return first[0];
    }

    public async Task<InboxRequest?> ReadAsync(InboxItem item) =>
        (await _database.QueryAsync("SELECT request FROM ggrok_inbox_items WHERE id = @id", static r => r.GetString(0), ("id", item.Id)).ConfigureAwait(false)) is [var json]
            ? JsonSerializer.Deserialize(json, StoredJson.Default.InboxRequest)
            : null;

    public Task<Stream?> OpenBodyAsync(InboxItem item) => Task.FromResult<Stream?>(new StoredBody(_database, item.Id, item.BodyBytes));

    public async Task RemoveDeliveredAsync(InboxItem item)
    {
        await _database.RunAsync(
            """
            WITH gone AS (DELETE FROM ggrok_inbox_items WHERE id = @id RETURNING sameness, id)
            INSERT INTO ggrok_inbox_delivered (sameness, id, at) SELECT sameness, id, @now FROM gone WHERE sameness IS NOT NULL
            ON CONFLICT (sameness) DO UPDATE SET id = excluded.id, at = excluded.at
            """, ("id", item.Id), ("now", _time.GetUtcNow())).ConfigureAwait(false);
        Interlocked.Add(ref _bytes, -item.StoredBytes);
        await LookAtAsync(item.Tunnel).ConfigureAwait(false);
    }

    public async Task UpdateAsync(InboxItem item)
    {
        await _database.RunAsync(
            "UPDATE ggrok_inbox_items SET attempts = @attempts, next_attempt = @next, last_failure = @failure, is_dead = @dead WHERE id = @id",
            ("attempts", item.Attempts), ("next", item.NextAttempt), ("failure", item.LastFailure), ("dead", item.IsDead), ("id", item.Id)).ConfigureAwait(false);
        await LookAtAsync(item.Tunnel).ConfigureAwait(false);
        Changed?.Invoke(item.Tunnel);
    }

    public async Task<IReadOnlyList<InboxItem>> ListAsync(InboxQuery query) => await _database.QueryAsync(
        $"SELECT {ItemRows.Columns} FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY id COLLATE \"C\" LIMIT @limit", ItemRows.Read,
        [.. ItemRows.Parameters(query), ("limit", query.Limit)]).ConfigureAwait(false);

    public Task<int> DeliverAgainAsync(InboxQuery query) => ChangeAsync(
        $"""
        WITH wanted AS (SELECT id FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY id COLLATE "C"),
        changed AS (UPDATE ggrok_inbox_items AS i SET next_attempt = NULL, is_dead = false,
            attempts = CASE WHEN is_dead THEN 0 ELSE attempts END, place = CASE WHEN is_dead THEN nextval('ggrok_inbox_places') ELSE place END
            FROM wanted WHERE i.id = wanted.id RETURNING i.tunnel)
        SELECT tunnel FROM changed
        """, query);

    public Task<int> DropAsync(InboxQuery query) =>
        ChangeAsync($"WITH changed AS (DELETE FROM ggrok_inbox_items WHERE {ItemRows.Condition} RETURNING tunnel) SELECT tunnel FROM changed", query);

    public async Task<IReadOnlyDictionary<string, InboxTotals>> TotalsAsync() => (await _database.QueryAsync(
        "SELECT tunnel, count(*) FILTER (WHERE NOT is_dead), count(*) FILTER (WHERE is_dead), sum(stored_bytes)::bigint, min(received) FROM ggrok_inbox_items GROUP BY tunnel",
        static r => (Tunnel: r.GetString(0), Totals: new InboxTotals((int)r.GetInt64(1), (int)r.GetInt64(2), r.GetInt64(3), r.GetFieldValue<DateTimeOffset>(4)))).ConfigureAwait(false))
        .ToDictionary(t => t.Tunnel, t => t.Totals, StringComparer.Ordinal);

    public InboxTotals KnownTotals() => Volatile.Read(ref _totals) with { Bytes = Interlocked.Read(ref _bytes) };

    public async Task<IReadOnlyList<InboxTunnel>> LoadTunnelsAsync() =>
        [.. (await _database.QueryAsync("SELECT value FROM ggrok_inbox_tunnels", static r => r.GetString(0)).ConfigureAwait(false))
            .Select(v => JsonSerializer.Deserialize(v, StoredJson.Default.InboxTunnel)!)];

    public async Task SaveTunnelAsync(InboxTunnel tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await _database.RunAsync(
            $"""
            WITH changed AS (INSERT INTO ggrok_inbox_tunnels (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING name)
            SELECT pg_notify('{Listener.Tunnels}', @own) FROM changed
            """, ("name", tunnel.Name), ("value", JsonSerializer.Serialize(tunnel, StoredJson.Default.InboxTunnel)), ("own", _own)).ConfigureAwait(false);
    }

    public async Task RemoveTunnelAsync(string tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await _database.RunAsync(
            $"WITH changed AS (DELETE FROM ggrok_inbox_tunnels WHERE name = @name RETURNING name) SELECT pg_notify('{Listener.Tunnels}', @own) FROM changed",
            ("name", tunnel), ("own", _own)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _claims.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _opening.Dispose();
    }

    // In one statement, and so in one transaction; others hear of it when it is committed.
    private Task<List<bool>> InsertAsync(InboxItem item, string head, ReadOnlyMemory<byte> body, InboxBounds bounds) => _database.QueryAsync(
        $"""
        WITH room AS (SELECT count(*) AS items, coalesce(sum(stored_bytes), 0) AS bytes FROM ggrok_inbox_items WHERE tunnel = @tunnel),
        changed AS (INSERT INTO ggrok_inbox_items
            (id, tunnel, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, request, body)
            SELECT @id, @tunnel, @received, @method, @target, @remote, @provider, @provider_id, @sameness, @body_bytes, @stored_bytes, @request, @body
            FROM room WHERE items < @max_items AND bytes + @stored_bytes <= @max_bytes
            ON CONFLICT DO NOTHING RETURNING tunnel)
        {Notify}
        """, static _ => true,
        ("id", item.Id), ("tunnel", item.Tunnel), ("received", item.Received), ("method", item.Method), ("target", item.Target), ("remote", item.Remote),
        ("provider", item.Provider), ("provider_id", item.ProviderId), ("sameness", item.Sameness), ("body_bytes", item.BodyBytes),
        ("stored_bytes", item.StoredBytes), ("request", head), ("body", body), ("max_items", bounds.MaxRequests), ("max_bytes", bounds.MaxBytes));

    private async Task<int> ChangeAsync(string sql, InboxQuery query)
    {
        List<string> changed = await _database.QueryAsync(sql, static r => r.GetString(0), ItemRows.Parameters(query)).ConfigureAwait(false);
        foreach (string tunnel in changed.Distinct(StringComparer.Ordinal))
        {
            await LookAtAsync(tunnel).ConfigureAwait(false);
            await _database.RunAsync($"SELECT pg_notify('{Listener.Items}', @tunnel)", ("tunnel", tunnel)).ConfigureAwait(false);
            Changed?.Invoke(tunnel);
        }

        return changed.Count;
    }

    private void OnNotification(string channel, string text)
    {
        if (channel == Listener.Tunnels && text != _own)
        {
            TunnelsChanged?.Invoke();
        }
        else if (channel == Listener.Items)
        {
            _ = HearAsync(text);
        }
    }

    private async Task HearAsync(string tunnel)
    {
        try
        {
            await LookAtAsync(tunnel).ConfigureAwait(false);
            Changed?.Invoke(tunnel);
        }
        catch (InboxStoreException)
        {
            // The listener notices, and looks at everything when the database is back.
        }
    }

    private async Task LookAtAsync(string tunnel)
    {
        List<bool> waits = await _database.QueryAsync(
            "SELECT EXISTS (SELECT FROM ggrok_inbox_items WHERE tunnel = @tunnel AND NOT is_dead)", static r => r.GetBoolean(0), ("tunnel", tunnel)).ConfigureAwait(false);
        Set(tunnel, waits[0]);
    }

    // What was said while nobody listened was not heard.
    private async Task LookAtAllAsync()
    {
        await LookAgainAsync().ConfigureAwait(false);
        TunnelsChanged?.Invoke();
    }

    private async Task LookAgainAsync()
    {
        List<string> waiting = await _database.QueryAsync("SELECT DISTINCT tunnel FROM ggrok_inbox_items WHERE NOT is_dead", static r => r.GetString(0)).ConfigureAwait(false);
        foreach (string gone in _waiting.Keys.Except(waiting, StringComparer.Ordinal))
        {
            // It may have come a moment after the look.
            await LookAtAsync(gone).ConfigureAwait(false);
        }

        waiting.ForEach(t => Set(t, true));
        IEnumerable<InboxTotals> totals = (await TotalsAsync().ConfigureAwait(false)).Values;
        Volatile.Write(ref _totals, new InboxTotals(totals.Sum(t => t.Waiting), totals.Sum(t => t.Dead), 0, null));
        Interlocked.Exchange(ref _bytes, totals.Sum(t => t.Bytes));
        await _database.RunAsync("DELETE FROM ggrok_inbox_delivered WHERE at < @since", ("since", _time.GetUtcNow() - DeliveredMemory.Kept)).ConfigureAwait(false);
        await _database.RunAsync(
            "DELETE FROM ggrok_inbox_delivered WHERE at < (SELECT at FROM ggrok_inbox_delivered ORDER BY at DESC OFFSET @most LIMIT 1)", ("most", DeliveredMemory.Most)).ConfigureAwait(false);
    }

    private void Set(string tunnel, bool waits)
    {
        if (waits)
        {
            _waiting[tunnel] = true;
        }
        else
        {
            _waiting.TryRemove(tunnel, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox is in {Place}, with {Count} requests")]
    private partial void LogOpened(string place, int count);
}
