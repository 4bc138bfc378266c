using System.Net.Sockets;
using Ggrok.Server.Inbox.Storage;
using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Runs commands, each on a connection of the pool, and gives failures of the database one name.</summary>
internal sealed class Database(string connectionString) : IAsyncDisposable
{
    private const string DiskFull = "53100";

    /// <summary>The pool.</summary>
    public NpgsqlDataSource Source { get; } = NpgsqlDataSource.Create(connectionString);

    /// <summary>Where it is, without who and with what password.</summary>
    public string Place { get; } = new NpgsqlConnectionStringBuilder(connectionString) is var settings ? $"PostgreSQL, {settings.Host}:{settings.Port}/{settings.Database}" : "";

    /// <summary>Opens a connection that is not the pool's: what it holds ends with it.</summary>
    public async Task<NpgsqlConnection> OpenOwnAsync(CancellationToken cancellation = default)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs a command and reads its rows.</summary>
    public Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params (string Name, object? Value)[] parameters) => NamedAsync(async () =>
    {
        await using NpgsqlCommand command = Command(sql, parameters);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    });

    /// <summary>Runs a command.</summary>
    /// <returns>How many rows it was about.</returns>
    public Task<int> RunAsync(string sql, params (string Name, object? Value)[] parameters) => NamedAsync(async () =>
    {
        await using NpgsqlCommand command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    });

    /// <summary>Does something, and gives its failures their name.</summary>
    /// <exception cref="InboxStoreException">The database cannot be reached, or does not do it.</exception>
    public static async Task<T> NamedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new InboxStoreException(e.Message, (e as PostgresException)?.SqlState == DiskFull, e);
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private NpgsqlCommand Command(string sql, (string Name, object? Value)[] parameters)
    {
        NpgsqlCommand command = Source.CreateCommand(sql);
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
