namespace Ggrok.Server.Tokens;

/// <summary>
/// Looks for everybody who asks at the same time, one look after the other: however many ask, one thread is busy with it and none waits.
/// </summary>
/// <param name="look">Looks; may take its time.</param>
internal sealed class SharedLook(Action look)
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private Task? _next;

    /// <summary>Ends after a look that began after this was called.</summary>
    public Task AfterNowAsync()
    {
        lock (_gate)
        {
            if (_next is null)
            {
                Task before = _last;
                _next = Task.Run(() => RunAsync(before));
            }

            return _next;
        }
    }

    private async Task RunAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            // Who asks from here on may want to know what this look has just missed.
            _last = _next!;
            _next = null;
        }

        look();
    }
}
