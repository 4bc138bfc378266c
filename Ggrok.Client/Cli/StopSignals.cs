using System.Runtime.InteropServices;

namespace Ggrok.Client.Cli;

/// <summary>Ctrl-C, SIGTERM and a closed terminal (SIGHUP): the first one asks the program to end well, the second one ends it at once.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _atOnce = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens from now on.</summary>
    public StopSignals()
    {
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, OnSignal))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Cancelled by the second signal, right before the program ends: what is registered here has run then.</summary>
    public CancellationToken EndingAtOnce => _atOnce.Token;

    /// <summary>Does what the first signal does.</summary>
    public void Request() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_registrations, r => r.Dispose());
        _stop.Dispose();
        _atOnce.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_stop.IsCancellationRequested;
        if (!context.Cancel)
        {
            _atOnce.Cancel();
        }

        _stop.Cancel();
    }
}
