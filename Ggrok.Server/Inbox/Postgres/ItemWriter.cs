using System.Globalization;
using Ggrok.Server.Inbox.Files;
using Ggrok.Server.Inbox.Items;
using Ggrok.Server.Inbox.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>
/// Stores requests. Those that come while others are being stored are stored together, in one transaction: it flushes once for all of
/// them, and it can hold a lock for as long as it takes, under which no other server stores anything, so that limits hold exactly.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="maxBytes">Bytes of all tunnels together.</param>
/// <param name="time">Clock.</param>
internal sealed class ItemWriter(Database database, long maxBytes, TimeProvider time)
{
    private const int MostItems = 256;
    private const long MostBytes = 4L * 1024 * 1024;

    // A server that stands still within a transaction, or vanishes with its network, keeps the others waiting for seconds; sending the
    // bodies counts as standing still, so these get their time. What the database is told to commit lightly is not light for us.
    private const string LockSql = """
        SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('tcp_keepalives_idle', '5', true),
            set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true),
            set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true),
            pg_advisory_xact_lock(724120711, 1)
        """;

    // Behind the lock nobody waits for long: rows that somebody else holds are of one tunnel.
    private const string PatienceSql = "SELECT set_config('lock_timeout', '2s', true)";

    // By its bytes, so slow a way to the database counts as working.
    private const int SlowestBytesPerSecond = 256 * 1024;

    private const string InsertSql = """
        INSERT INTO ggrok_inbox_items AS i
            (id, tunnel, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, owner, request, body)
        SELECT id, tunnel, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, owner, request, body
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) WITH ORDINALITY
            AS n (id, tunnel, received, method, target, remote, provider, provider_id, sameness, body_bytes, stored_bytes, owner, request, body, number)
        ORDER BY number
        ON CONFLICT (sameness) DO UPDATE SET id = excluded.id, tunnel = excluded.tunnel, place = excluded.place, is_dead = false, attempts = 0,
            next_attempt = NULL, last_failure = NULL, received = excluded.received, method = excluded.method, target = excluded.target,
            remote = excluded.remote, provider = excluded.provider, provider_id = excluded.provider_id, body_bytes = excluded.body_bytes,
            stored_bytes = excluded.stored_bytes, owner = excluded.owner, request = excluded.request, body = excluded.body
            WHERE i.is_dead
        RETURNING id
        """;

    private readonly Lock _gate = new();
    private readonly Queue<NewItem> _queue = new();
    private bool _isWriting;

    /// <summary>Stores a request, unless it is known or there is no room.</summary>
    /// <exception cref="InboxStoreException">The database does not do it.</exception>
    public Task<InboxReceipt> AddAsync(NewItem item)
    {
        lock (_gate)
        {
            _queue.Enqueue(item);
            if (_isWriting)
            {
                return item.Stored;
            }

            _isWriting = true;
        }

        _ = WriteAllAsync();
        return item.Stored;
    }

    private async Task WriteAllAsync()
    {
        while (Next() is { Length: > 0 } batch)
        {
            if (await WriteAsync(batch).ConfigureAwait(false) is { } failure)
            {
                FailWaiting(failure);
            }
        }
    }

    private NewItem[] Next()
    {
        var batch = new List<NewItem>();
        lock (_gate)
        {
            long bytes = 0;
            while (batch.Count < MostItems && _queue.TryPeek(out NewItem? next) && (batch.Count == 0 || bytes + next.Item.StoredBytes <= MostBytes))
            {
                bytes += next.Item.StoredBytes;
                batch.Add(_queue.Dequeue());
            }

            _isWriting = batch.Count > 0;
        }

        return [.. batch];
    }

    // What one request or one tunnel cannot get keeps no other out. Null unless nobody gets anything.
    private async Task<Exception?> WriteAsync(NewItem[] batch)
    {
        if (await TryAsync(batch).ConfigureAwait(false) is not { } failure)
        {
            return null;
        }

        foreach (NewItem[] part in PartsOf(batch, failure))
        {
            if (await WriteAsync(part).ConfigureAwait(false) is { } ofAll)
            {
                failure = ofAll;
                break;
            }
        }

        Fail(batch, failure);
        return StoreTrouble.IsOfAll(failure) ? failure : null;
    }

    private static NewItem[][] PartsOf(NewItem[] batch, Exception failure)
    {
        NewItem[][] parts = StoreTrouble.IsOfRequest(failure) ? [.. batch.Chunk(1)]
            : StoreTrouble.IsOfTunnel(failure) ? [.. batch.GroupBy(i => i.Item.Tunnel, StringComparer.Ordinal).Select(g => g.ToArray())]
            : [];
        return parts.Length > 1 ? parts : [];
    }

    private async Task<Exception?> TryAsync(NewItem[] batch)
    {
        try
        {
            await Database.NamedAsync(() => StoreAsync(batch)).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            // Whatever it is, nobody may wait for ever.
            return e;
        }
    }

    // Those that were stored are settled already.
    private static void Fail(NewItem[] items, Exception failure) => Array.ForEach(items, i => i.Fail(failure));

    // Each batch of them would wait as long again, and hear the same.
    private void FailWaiting(Exception failure)
    {
        NewItem[] waiting;
        lock (_gate)
        {
            waiting = [.. _queue];
            _queue.Clear();
        }

        Fail(waiting, failure);
    }

    private async Task<bool> StoreAsync(NewItem[] batch)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync().ConfigureAwait(false);
        Room room = await LookAsync(connection, batch).ConfigureAwait(false);
        InboxReceipt?[] refused = [.. batch.Select(i => room.Take(i.Item, i.Bounds))];
        HashSet<string> stored = await InsertAsync(connection, [.. batch.Where((_, n) => refused[n] is null)]).ConfigureAwait(false);
        for (int n = 0; n < batch.Length; n++)
        {
            // One that is missing was stored at the same time by a server that does not know the lock.
            string id = batch[n].Item.Id;
            batch[n].Settle(refused[n] ?? (stored.Contains(id) ? new InboxReceipt(id, IsNew: true) : InboxReceipt.Full));
        }

        return true;
    }

    // Each statement sees what was committed before it began: those behind the lock see all that others have stored, and what was
    // delivered after it was looked for is seen among what was. Rows are locked as everybody does it: items by id, then counts by tunnel.
    private async Task<Room> LookAsync(NpgsqlConnection connection, NewItem[] batch)
    {
        var room = new Room(maxBytes);
        string[] sameness = [.. batch.Select(i => i.Item.Sameness).OfType<string>()];
        await using var look = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
                With(LockSql, string.Create(CultureInfo.InvariantCulture, $"{5 + (batch.Sum(i => i.Item.StoredBytes) / SlowestBytesPerSecond)}s")),
                new NpgsqlBatchCommand(PatienceSql),
                With("SELECT sameness, id, is_dead, stored_bytes FROM ggrok_inbox_items WHERE sameness = ANY($1) ORDER BY id FOR UPDATE", (object)sameness),
                With("SELECT sameness, id FROM ggrok_inbox_delivered WHERE sameness = ANY($1) AND at > $2", sameness, time.GetUtcNow() - DeliveredMemory.Kept),
                With("SELECT tunnel, waiting + dead, bytes FROM ggrok_inbox_counts WHERE tunnel = ANY($1) ORDER BY tunnel FOR UPDATE", (object)batch.Select(i => i.Item.Tunnel).Distinct().ToArray()),
                new NpgsqlBatchCommand("SELECT coalesce(sum(bytes), 0)::bigint FROM ggrok_inbox_counts"),
            },
        };

        // Once for each connection: planning would take a good part of the time for which the lock is held.
        await look.PrepareAsync().ConfigureAwait(false);
        await using NpgsqlDataReader reader = await look.ExecuteReaderAsync().ConfigureAwait(false);
        await ReadAsync(reader, static _ => { }).ConfigureAwait(false);
        await ReadAsync(reader, static _ => { }).ConfigureAwait(false);
        await ReadAsync(reader, r => room.Know(r.GetString(0), new SameRequest(r.GetString(1), r.GetBoolean(2) ? SameState.Dead : SameState.Waiting), r.GetInt64(3))).ConfigureAwait(false);
        await ReadAsync(reader, r => room.Know(r.GetString(0), new SameRequest(r.GetString(1), SameState.Delivered), 0)).ConfigureAwait(false);
        await ReadAsync(reader, r => room.Holds(r.GetString(0), r.GetInt64(1), r.GetInt64(2))).ConfigureAwait(false);
        await ReadAsync(reader, r => room.Holds(r.GetInt64(0))).ConfigureAwait(false);
        return room;
    }

    private static async Task ReadAsync(NpgsqlDataReader reader, Action<NpgsqlDataReader> row)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            row(reader);
        }

        await reader.NextResultAsync().ConfigureAwait(false);
    }

    // Others hear of it when it is committed.
    private static async Task<HashSet<string>> InsertAsync(NpgsqlConnection connection, NewItem[] items)
    {
        var stored = new HashSet<string>(StringComparer.Ordinal);
        await using var write = new NpgsqlBatch(connection);
        if (items.Length > 0)
        {
            write.BatchCommands.Add(Insert(items));
            write.BatchCommands.Add(With($"SELECT pg_notify('{Listener.Items}', t) FROM unnest($1) AS t", (object)items.Select(i => i.Item.Tunnel).Distinct().ToArray()));
        }

        write.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await write.PrepareAsync().ConfigureAwait(false);
        await using NpgsqlDataReader reader = await write.ExecuteReaderAsync().ConfigureAwait(false);
        if (items.Length > 0)
        {
            await ReadAsync(reader, r => stored.Add(r.GetString(0))).ConfigureAwait(false);
        }

        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
        }

        return stored;
    }

    private static NpgsqlBatchCommand Insert(NewItem[] items)
    {
        NpgsqlBatchCommand command = With(
            InsertSql, Column(i => i.Item.Id), Column(i => i.Item.Tunnel), items.Select(i => i.Item.Received).ToArray(), Column(i => i.Item.Method),
            Column(i => i.Item.Target), Column(i => i.Item.Remote), Column(i => i.Item.Provider), Column(i => i.Item.ProviderId), Column(i => i.Item.Sameness),
            items.Select(i => i.Item.BodyBytes).ToArray(), items.Select(i => i.Item.StoredBytes).ToArray(), Column(i => i.Item.Owner), Column(i => i.Head));
        command.Parameters.Add(new NpgsqlParameter { Value = items.Select(i => i.Body).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        return command;

        string?[] Column(Func<NewItem, string?> value) => [.. items.Select(value)];
    }

    private static NpgsqlBatchCommand With(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(Array.ConvertAll(values, v => new NpgsqlParameter { Value = v }));
        return command;
    }
}
