using Ggrok.Server.Inbox.Storage;
using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>
/// Which server delivers to which tunnel: advisory locks of one connection, which the database gives free when that ends, as when the
/// server is killed.
/// </summary>
internal sealed class Claims(Database database) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private NpgsqlConnection? _connection;

    /// <summary>Takes a tunnel; false while another server has it.</summary>
    public async ValueTask<bool> TakeAsync(string tunnel) =>
        await RunAsync("SELECT pg_try_advisory_lock(hashtextextended($1, 724120711))", tunnel, () => _held.Add(tunnel)).ConfigureAwait(false);

    /// <summary>Whether a tunnel that was taken is still taken: asks the database, for a connection that is lost says nothing of itself.</summary>
    public async ValueTask<bool> StillHasAsync(string tunnel) => await RunAsync("SELECT $1::text IS NOT NULL", tunnel).ConfigureAwait(false) && await HoldsAsync(tunnel).ConfigureAwait(false);

    /// <summary>Gives a tunnel back. Where the connection has ended meanwhile, it was given back already.</summary>
    public async ValueTask GiveAsync(string tunnel)
    {
        try
        {
            if (await HoldsAsync(tunnel).ConfigureAwait(false))
            {
                await RunAsync("SELECT pg_advisory_unlock(hashtextextended($1, 724120711))", tunnel, () => _held.Remove(tunnel)).ConfigureAwait(false);
            }
        }
        catch (InboxStoreException)
        {
            // The next one who takes it says what is wrong.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task<bool> HoldsAsync(string tunnel)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return _held.Contains(tunnel);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> RunAsync(string sql, string tunnel, Action? then = null)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            bool isSo = await Database.NamedAsync(async () =>
            {
                _connection ??= await database.OpenOwnAsync().ConfigureAwait(false);
                await using var command = new NpgsqlCommand(sql, _connection) { Parameters = { new() { Value = tunnel } } };
                return await command.ExecuteScalarAsync().ConfigureAwait(false) is true;
            }).ConfigureAwait(false);
            if (isSo)
            {
                then?.Invoke();
            }

            return isSo;
        }
        catch (InboxStoreException)
        {
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            _held.Clear();
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
