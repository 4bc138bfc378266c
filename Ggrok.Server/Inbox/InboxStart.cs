using Ggrok.Server.Inbox.Storage;
using Ggrok.Server.Inbox.Tunnels;
using Ggrok.Server.Tunnels;

namespace Ggrok.Server.Inbox;

/// <summary>Opens the store before the first visitor comes, so that names are kept from the beginning; later when it cannot be opened yet.</summary>
internal sealed partial class InboxStart(
    IInboxStore store, InboxBook book, InboxTunnels tunnels, TunnelRegistry registry, TimeProvider time, ILogger<InboxStart> log) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private Task _opening = Task.CompletedTask;
    private string? _problem;
    private int _asked;

    // What changed at the very end, such as when clients were there last, is still to be written.
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await book.SettledAsync().ConfigureAwait(false);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        registry.Watch = tunnels;
        store.TunnelsChanged += OnTunnelsChanged;
        _opening = TryOpenAsync();
        await Task.WhenAny(_opening, Task.Delay(Patience, time, cancellationToken)).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _opening.ConfigureAwait(false);
        while (_problem is not null && !stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryOpenAsync().ConfigureAwait(false);
        }
    }

    private async Task TryOpenAsync()
    {
        try
        {
            if (await store.OpenAsync(isWanted: false).ConfigureAwait(false))
            {
                await tunnels.LoadAsync().ConfigureAwait(false);
            }
            else
            {
                // There is no store yet, and so nothing in it.
                book.EndLoading();
            }

            _problem = null;
        }
        catch (InboxStoreException e)
        {
            if (_problem != e.Message)
            {
                LogNotOpened(e.Message);
            }

            _problem = e.Message;
        }
    }

    // What is said while it is being read is one more time to read it, however often it is said.
    private void OnTunnelsChanged()
    {
        if (Interlocked.Increment(ref _asked) == 1)
        {
            _ = ReloadAsync();
        }
    }

    private async Task ReloadAsync()
    {
        int answered;
        do
        {
            answered = Volatile.Read(ref _asked);
            try
            {
                await tunnels.LoadAsync().ConfigureAwait(false);
            }
            catch (InboxStoreException e)
            {
                LogNotOpened(e.Message);
            }
        }
        while (Interlocked.CompareExchange(ref _asked, 0, answered) != answered);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The inbox cannot be opened, which is tried again: {Problem}")]
    private partial void LogNotOpened(string problem);
}
