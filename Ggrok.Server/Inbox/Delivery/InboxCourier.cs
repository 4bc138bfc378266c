using System.Collections.Concurrent;
using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Inbox.Delivery;

/// <summary>
/// Delivers what waits: for each tunnel one request after the other. Woken by what comes, by clients that come, by what becomes
/// due, and once a second for whatever else may have changed.
/// </summary>
internal sealed partial class InboxCourier(
    IInboxStore store, InboxTunnels tunnels, TunnelDelivery delivery, TimeProvider time, ILogger<InboxCourier> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private const int TicksBetweenSweeps = 30;

    private readonly ConcurrentDictionary<string, Round> _rounds = new(StringComparer.Ordinal);
    private CancellationToken _stop;

    /// <summary>Looks whether something can be delivered to a tunnel; returns at once.</summary>
    public void Wake(string tunnel)
    {
        while (!_stop.IsCancellationRequested && store.HasWaiting(tunnel))
        {
            Round round = _rounds.GetOrAdd(tunnel, static _ => new Round());
            switch (round.Begin())
            {
                case true:
                    _ = Task.Run(() => RunAsync(tunnel, round), CancellationToken.None);
                    return;
                case false:
                    return;
                case null:
                    _rounds.TryRemove(KeyValuePair.Create(tunnel, round));
                    break;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stop = stoppingToken;
        store.Changed += Wake;
        tunnels.Arrived += OnArrived;
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            for (int tick = 1; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); tick++)
            {
                await LookAsync(tick % TicksBetweenSweeps == 0).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        finally
        {
            store.Changed -= Wake;
            tunnels.Arrived -= OnArrived;
            await Task.WhenAll(_rounds.Values.Select(r => r.Running)).ConfigureAwait(false);
        }
    }

    private void OnArrived(string tunnel)
    {
        delivery.Forgive(tunnel);
        Wake(tunnel);
    }

    private async Task LookAsync(bool sweeps)
    {
        try
        {
            foreach (string tunnel in store.WaitingTunnels())
            {
                Wake(tunnel);
            }

            if (sweeps)
            {
                await tunnels.SweepAsync().ConfigureAwait(false);
            }
        }
        catch (InboxStoreException e)
        {
            LogStoreFails(e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A look that ends would leave everything undelivered.
            LogUnexpected(e);
        }
    }

    private async Task RunAsync(string tunnel, Round round)
    {
        do
        {
            try
            {
                if (await delivery.RunAsync(tunnel, _stop).ConfigureAwait(false) is { } pause)
                {
                    round.WakeAfter(pause, () => Wake(tunnel), time);
                }
            }
            catch (InboxStoreException e)
            {
                LogStoreFails(e.Message);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogUnexpected(e);
            }
        }
        while (!round.End(isLast: !store.HasWaiting(tunnel)));
        if (round.IsOver)
        {
            _rounds.TryRemove(KeyValuePair.Create(tunnel, round));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox cannot deliver: {Problem}")]
    private partial void LogStoreFails(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox failed without a name")]
    private partial void LogUnexpected(Exception exception);

    /// <summary>Sees to it that one tunnel has one delivery at a time, and that a wake during it is not lost.</summary>
    private sealed class Round
    {
        private readonly Lock _gate = new();
        private bool _isAsked;
        private bool _isOver;
        private TaskCompletionSource? _running;
        private ITimer? _timer;

        /// <summary>Ends with the round that runs.</summary>
        public Task Running
        {
            get
            {
                lock (_gate)
                {
                    return _running?.Task ?? Task.CompletedTask;
                }
            }
        }

        /// <summary>There is nothing more to be done in it.</summary>
        public bool IsOver
        {
            get
            {
                lock (_gate)
                {
                    return _isOver;
                }
            }
        }

        /// <summary>True for who is to run it, false where somebody does, null when it is over and another one must be made.</summary>
        public bool? Begin()
        {
            lock (_gate)
            {
                if (_isOver)
                {
                    return null;
                }

                if (_running is not null)
                {
                    _isAsked = true;
                    return false;
                }

                _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return true;
            }
        }

        /// <summary>False when it was woken meanwhile, and goes on.</summary>
        /// <param name="isLast">Nothing waits any more: if it ends, then for good.</param>
        public bool End(bool isLast)
        {
            lock (_gate)
            {
                if (_isAsked)
                {
                    _isAsked = false;
                    return false;
                }

                _running!.SetResult();
                _running = null;
                _isOver = isLast;
                if (isLast)
                {
                    _timer?.Dispose();
                }

                return true;
            }
        }

        public void WakeAfter(TimeSpan pause, Action wake, TimeProvider time)
        {
            lock (_gate)
            {
                _timer?.Dispose();
                _timer = time.CreateTimer(static s => ((Action)s!)(), wake, pause, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
