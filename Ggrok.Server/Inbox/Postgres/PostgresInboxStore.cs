using System.Text.Json;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Requests in PostgreSQL, which several servers may share.</summary>
internal sealed partial class PostgresInboxStore : IInboxStore
{
    private static readonly TimeSpan BetweenOpenings = TimeSpan.FromMilliseconds(500);

    private readonly Database _database;
    private readonly Claims _claims;
    private readonly Listener _listener;
    private readonly ItemWriter _writer;
    private readonly WaitingTunnels _waiting;
    private readonly ItemChanges _changes;
    private readonly TunnelRows _tunnels;
    private readonly InboxId _ids;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _own = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _opening = new(1);
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
        _writer = new ItemWriter(_database, maxBytes, time);
        _waiting = new WaitingTunnels(_database);
        _changes = new ItemChanges(_database, _waiting, tunnel => Changed?.Invoke(tunnel), time);
        _tunnels = new TunnelRows(_database, _own, log);
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

    public bool HasWaiting(string tunnel) => _waiting.Has(tunnel);

    public IReadOnlyList<string> WaitingTunnels() => _waiting.All;

    public async Task<SameRequest?> FindSameAsync(string sameness) => (await _database.QueryAsync(
        """
        SELECT id, CASE WHEN is_dead THEN 1 ELSE 0 END AS state FROM ggrok_inbox_items WHERE sameness = @sameness
        UNION ALL SELECT id, 2 FROM ggrok_inbox_delivered WHERE sameness = @sameness AND at > @since ORDER BY state LIMIT 1
        """, static r => (SameRequest?)new SameRequest(r.GetString(0), (SameState)r.GetInt32(1)),
        ("sameness", sameness), ("since", _time.GetUtcNow() - DeliveredMemory.Kept)).ConfigureAwait(false)).FirstOrDefault();

    public async Task<InboxReceipt> AddAsync(InboxItem item, InboxRequest request, ReadOnlyMemory<byte> body, InboxBounds bounds)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        string head = JsonSerializer.Serialize(request, StoredJson.Default.InboxRequest);

        // Before it is there: from then on nothing may overtake it.
        _waiting.Stir(item.Tunnel, waits: true);
        InboxReceipt receipt = await _writer.AddAsync(new NewItem(item with { StoredBytes = body.Length + head.Length }, head, body, bounds)).ConfigureAwait(false);
        if (!receipt.IsNew)
        {
            await _waiting.LookAtAsync(item.Tunnel).ConfigureAwait(false);
            return receipt;
        }

        _waiting.Stir(item.Tunnel, waits: true);
        Changed?.Invoke(item.Tunnel);
        return receipt;
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
            await _waiting.LookAtAsync(tunnel).ConfigureAwait(false);
            return null;
        }

        return first[0];
    }

    public async Task<InboxRequest?> ReadAsync(InboxItem item) =>
        (await _database.QueryAsync("SELECT request FROM ggrok_inbox_items WHERE id = @id", static r => r.GetString(0), ("id", item.Id)).ConfigureAwait(false)) is [var json]
            ? TunnelRows.Parse(json, StoredJson.Default.InboxRequest, out string? problem) ?? throw new InboxStoreException("its head cannot be read: " + problem, inner: new InvalidDataException(problem))
            : null;

    public Task<Stream?> OpenBodyAsync(InboxItem item) => Task.FromResult<Stream?>(new StoredBody(_database, item.Id, item.BodyBytes));

    public Task RemoveDeliveredAsync(InboxItem item) => _changes.RemoveDeliveredAsync(item);

    public Task UpdateAsync(InboxItem item) => _changes.UpdateAsync(item);

    public Task<int> DeliverAgainAsync(InboxQuery query) => _changes.DeliverAgainAsync(query);

    public Task<int> DropAsync(InboxQuery query) => _changes.DropAsync(query);

    public async Task<IReadOnlyList<InboxItem>> ListAsync(InboxQuery query) => await _database.QueryAsync(
        $"SELECT {ItemRows.Columns} FROM ggrok_inbox_items WHERE {ItemRows.Condition} ORDER BY id COLLATE \"C\" LIMIT @limit", ItemRows.Read,
        [.. ItemRows.Parameters(query), ("limit", query.Limit)]).ConfigureAwait(false);

    public async Task<IReadOnlyDictionary<string, InboxTotals>> TotalsAsync() => (await _database.QueryAsync(
        """
        SELECT tunnel, waiting, dead, bytes, oldest FROM ggrok_inbox_counts AS c,
            LATERAL (SELECT received AS oldest FROM ggrok_inbox_items AS i WHERE i.tunnel = c.tunnel ORDER BY received LIMIT 1) AS first
        """,
        static r => (Tunnel: r.GetString(0), Totals: new InboxTotals((int)r.GetInt64(1), (int)r.GetInt64(2), r.GetInt64(3), r.GetFieldValue<DateTimeOffset>(4)))).ConfigureAwait(false))
        .ToDictionary(t => t.Tunnel, t => t.Totals, StringComparer.Ordinal);

    public InboxTotals KnownTotals() => Volatile.Read(ref _totals);

    public Task<IReadOnlyList<InboxTunnel>> LoadTunnelsAsync() => _tunnels.LoadAsync();

    public Task<InboxTunnel?> LoadTunnelAsync(string name) => _tunnels.LoadAsync(name);

    public async Task SaveTunnelAsync(InboxTunnel tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await _tunnels.SaveAsync(tunnel).ConfigureAwait(false);
    }

    public async Task RemoveTunnelAsync(string tunnel)
    {
        await OpenAsync(isWanted: true).ConfigureAwait(false);
        await _tunnels.RemoveAsync(tunnel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _claims.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _opening.Dispose();
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
            _waiting.Stir(tunnel, waits: false);
            await _waiting.LookAtAsync(tunnel).ConfigureAwait(false);
            Changed?.Invoke(tunnel);
        }
        catch (InboxStoreException)
        {
            // The listener notices, and looks at everything when the database is back.
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
        IReadOnlyDictionary<string, InboxTotals> totals = await TotalsAsync().ConfigureAwait(false);
        await _waiting.LookAtAllAsync([.. totals.Where(t => t.Value.Waiting > 0).Select(t => t.Key)]).ConfigureAwait(false);
        Volatile.Write(ref _totals, new InboxTotals(totals.Values.Sum(t => t.Waiting), totals.Values.Sum(t => t.Dead), totals.Values.Sum(t => t.Bytes), null));
        await _database.RunAsync(Counts.Sweep).ConfigureAwait(false);
        await _database.RunAsync("DELETE FROM ggrok_inbox_delivered WHERE at < @since", ("since", _time.GetUtcNow() - DeliveredMemory.Kept)).ConfigureAwait(false);
        await _database.RunAsync(
            "DELETE FROM ggrok_inbox_delivered WHERE at < (SELECT at FROM ggrok_inbox_delivered ORDER BY at DESC OFFSET @most LIMIT 1)", ("most", DeliveredMemory.Most)).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox is in {Place}, with {Count} requests")]
    private partial void LogOpened(string place, int count);
}
