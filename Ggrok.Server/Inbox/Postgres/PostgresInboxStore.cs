using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Requests in PostgreSQL, which several servers may share.</summary>
internal sealed partial class PostgresInboxStore : IInboxStore
{
    private const string Notify = "SELECT pg_notify('" + Listener.Items + "', t) FROM (SELECT DISTINCT tunnel AS t FROM changed) AS names";

    private static readonly TimeSpan BetweenOpenings = TimeSpan.FromMilliseconds(500);

    private readonly Database _database;
    private readonly Claims _claims;
    private readonly Listener _listener;
    private readonly long _maxBytes;
    private readonly InboxId _ids;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _own = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _opening = new(1);
    private readonly ConcurrentDictionary<string, bool> _waiting = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly long[] _stirs = new long[256];
    private long _bytes;
    private InboxTotals _totals = InboxTotals.None;
    private (long At, string Message)? _lastFailure;
    private volatile bool _isOpen;

    /// <param name="connectionString">Where the database is.</param>
    /// <param name="maxBytes">Bytes of all tunnels together.</param>
    /// <param name="ids">Makes ids; told of the last one that there is.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Is told when the database goes and comes.</param>
    public PostgresInboxStore(string connectionString, long maxBytes, InboxId ids, TimeProvider time, ILogger<PostgresInboxStore> log)
    {
        _database = new Database(connectionString);
        _claims = new Claims(_database);
        _listener = new Listener(_database, time, log);
        _maxBytes = maxBytes;
        _ids = ids;
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
            // Those who waited for an attempt that failed do not all make one of their own.
            if (!_isOpen && _lastFailure is { } failure && _time.GetElapsedTime(failure.At) < BetweenOpenings)
            {
                throw new InboxStoreException(failure.Message);
            }

            if (!_isOpen)
            {
                await Database.NamedAsync(async () =>
                {
                    await Schema.MakeAsync(_database.Source).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
                await LookAgainAsync().ConfigureAwait(false);
                (await _database.QueryAsync("SELECT id FROM ggrok_inbox_items ORDER BY id COLLATE \"C\" DESC LIMIT 1", static r => r.GetString(0)).ConfigureAwait(false)).ForEach(_ids.Skip);
                _isOpen = true;
                LogOpened(Place, _totals.Waiting + _totals.Dead);
                _listener.Start(OnNotification, LookAtAllAsync);
            }

            return true;
        }
        catch (InboxStoreException e) when (e.InnerException is not null)
        {
            _lastFailure = (_time.GetTimestamp(), e.Message);
            throw;
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

        // Before it is there: from then on nothing may overtake it.
        Stir(item.Tunnel, waits: true);
        List<bool> added = await InsertAsync(item with { StoredBytes = bytes }, head, body, bounds).ConfigureAwait(false);
        if (added.Count == 0)
        {
            // The same one came at the same time, or there is no room.
            string? same = item.Sameness is null ? null : await FindSameAsync(item.Sameness).ConfigureAwait(false);
            return new InboxReceipt(same, IsNew: false);
        }

        Interlocked.Add(ref _bytes, bytes);
        Stir(item.Tunnel, waits: true);
        Changed?.Invoke(item.Tunnel);
        return new InboxReceipt(item.Id, IsNew: true);
    }

    public async ValueTask<bool> ClaimAsync(string tunnel) => await _claims.TakeAsync(tunnel).ConfigureAwait(false);

    public ValueTask<bool> StillClaimsAsync(string tunnel) => _claims.StillHasAsync(tunnel);

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
            ? Parse(json, StoredJson.Default.InboxRequest, out string? problem) ?? throw new InboxStoreException("its head cannot be read: " + problem, inner: new InvalidDataException(problem))
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
        WITH wanted AS (SELECT id, place FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY place FOR UPDATE),
        placed AS (SELECT id, nextval('ggrok_inbox_places') AS place FROM (SELECT id FROM wanted) AS w),
        changed AS (UPDATE ggrok_inbox_items AS i SET next_attempt = NULL, is_dead = false,
            attempts = CASE WHEN is_dead THEN 0 ELSE attempts END, place = CASE WHEN is_dead THEN placed.place ELSE i.place END
            FROM placed WHERE i.id = placed.id RETURNING i.tunnel)
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
            .Select(ReadTunnel).OfType<InboxTunnel>()];

    public async Task<InboxTunnel?> LoadTunnelAsync(string name) =>
        (await _database.QueryAsync("SELECT value FROM ggrok_inbox_tunnels WHERE name = @name", static r => r.GetString(0), ("name", name)).ConfigureAwait(false)) is [var value]
            ? ReadTunnel(value)
            : null;

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

    private InboxTunnel? ReadTunnel(string value)
    {
        InboxTunnel? tunnel = Parse(value, StoredJson.Default.InboxTunnel, out string? problem);
        if (tunnel is null)
        {
            LogUnreadable(Printable.Clean(problem));
        }

        return tunnel;
    }

    private static T? Parse<T>(string json, JsonTypeInfo<T> type, out string? problem)
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
            (id, tunnel, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, owner, request, body)
            SELECT @id, @tunnel, @received, @method, @target, @remote, @provider, @provider_id, @sameness, @body_bytes, @stored_bytes, @owner, @request, @body
            FROM room WHERE items < @max_items AND bytes + @stored_bytes <= @max_bytes
            ON CONFLICT DO NOTHING RETURNING tunnel)
        {Notify}
        """, static _ => true,
        ("id", item.Id), ("tunnel", item.Tunnel), ("received", item.Received), ("method", item.Method), ("target", item.Target), ("remote", item.Remote),
        ("provider", item.Provider), ("provider_id", item.ProviderId), ("sameness", item.Sameness), ("body_bytes", item.BodyBytes),
        ("stored_bytes", item.StoredBytes), ("owner", item.Owner), ("request", head), ("body", body), ("max_items", bounds.MaxRequests), ("max_bytes", bounds.MaxBytes));

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
            Stir(tunnel, waits: false);
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
        long before = Interlocked.Read(ref StirsOf(tunnel));
        List<bool> waits = await _database.QueryAsync(
            "SELECT EXISTS (SELECT FROM ggrok_inbox_items WHERE tunnel = @tunnel AND NOT is_dead)", static r => r.GetBoolean(0), ("tunnel", tunnel)).ConfigureAwait(false);
        lock (_gate)
        {
            if (waits[0])
            {
                _waiting[tunnel] = true;
            }
            else if (StirsOf(tunnel) == before)
            {
                // What came since the look would be forgotten.
                _waiting.TryRemove(tunnel, out _);
            }
        }
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

        waiting.ForEach(t => _waiting[t] = true);
        IEnumerable<InboxTotals> totals = (await TotalsAsync().ConfigureAwait(false)).Values;
        Volatile.Write(ref _totals, new InboxTotals(totals.Sum(t => t.Waiting), totals.Sum(t => t.Dead), 0, null));
        Interlocked.Exchange(ref _bytes, totals.Sum(t => t.Bytes));
        await _database.RunAsync("DELETE FROM ggrok_inbox_delivered WHERE at < @since", ("since", _time.GetUtcNow() - DeliveredMemory.Kept)).ConfigureAwait(false);
        await _database.RunAsync(
            "DELETE FROM ggrok_inbox_delivered WHERE at < (SELECT at FROM ggrok_inbox_delivered ORDER BY at DESC OFFSET @most LIMIT 1)", ("most", DeliveredMemory.Most)).ConfigureAwait(false);
    }

    // Something came for a tunnel: an answer to a question of before says nothing of it.
    private void Stir(string tunnel, bool waits)
    {
        lock (_gate)
        {
            StirsOf(tunnel)++;
            if (waits)
            {
                _waiting[tunnel] = true;
            }
        }
    }

    // Tunnels that share a counter only ask once more.
    private ref long StirsOf(string tunnel) => ref _stirs[(uint)tunnel.GetHashCode(StringComparison.Ordinal) % _stirs.Length];

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox: a tunnel in the database cannot be read and is left alone: {Problem}")]
    private partial void LogUnreadable(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox is in {Place}, with {Count} requests")]
    private partial void LogOpened(string place, int count);
}
