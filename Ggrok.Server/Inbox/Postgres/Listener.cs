using Npgsql;

namespace Ggrok.Server.Inbox.Postgres;

/// <summary>Hears of what other servers do with the database, on a connection of its own; after a break it looks at everything again.</summary>
internal sealed partial class Listener(Database database, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>Says of which tunnel the items have changed.</summary>
    public const string Items = "ggrok_inbox_items";

    /// <summary>Says that the tunnels have changed.</summary>
    public const string Tunnels = "ggrok_inbox_tunnels";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins.</summary>
    /// <param name="changed">Told of a channel and what was said on it.</param>
    /// <param name="lookAgain">Called after each connect, and now and then.</param>
    public void Start(Action<string, string> changed, Func<Task> lookAgain) => _running = Task.Run(() => RunAsync(changed, lookAgain));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(Action<string, string> changed, Func<Task> lookAgain)
    {
        bool isLost = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await database.OpenOwnAsync(_stop.Token).ConfigureAwait(false);
                connection.Notification += (_, e) => changed(e.Channel, e.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {Items}; LISTEN {Tunnels}", connection))
                {
                    await listen.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
                }

                if (isLost)
                {
                    LogBack();
                    isLost = false;
                }

                while (true)
                {
                    await lookAgain().ConfigureAwait(false);
                    await HearAsync(connection).ConfigureAwait(false);
                }
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (!isLost)
                {
                    LogLost(e.Message);
                    isLost = true;
                }

                await Task.Delay(Pause, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // However much is said, now and then it is looked at what nobody says.
    private async Task HearAsync(NpgsqlConnection connection)
    {
        long since = time.GetTimestamp();
        TimeSpan left = BetweenLooks;
        while (left > TimeSpan.Zero && await connection.WaitAsync(left, _stop.Token).ConfigureAwait(false))
        {
            // Whole milliseconds: none would be for ever.
            left = TimeSpan.FromMilliseconds(Math.Floor((BetweenLooks - time.GetElapsedTime(since)).TotalMilliseconds));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inbox's database is not there: {Problem}")]
    private partial void LogLost(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox's database is there again")]
    private partial void LogBack();
}
