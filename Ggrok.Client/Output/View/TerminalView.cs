using Ggrok.Client.Connection;
using Ggrok.Client.Inspector;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Output.View;

/// <summary>
/// What people see who watch: state, addresses, counts and the newest requests, drawn over and over on one screen. It draws
/// on a thread of its own, from a copy of what is known: a slow terminal sees fewer pictures, and the relay notices nothing.
/// </summary>
internal sealed class TerminalView : IClientEvents, ITrafficWatcher, IAsyncDisposable
{
    private const char ControlL = '\f';

    // Ten pictures a second at most; and one each second, of which nothing is written if nothing moved.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    private readonly ITerminal _terminal;
    private readonly bool _colour;
    private readonly bool _qr;
    private readonly ViewState _state;
    private readonly Screen _screen;
    private readonly Farewell _farewell;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenRegistration _atOnce;
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _over = new();
    private volatile Task? _drawing;
    private int _isChanged;

    /// <summary>Nothing is drawn before there is something to say.</summary>
    /// <param name="terminal">Where.</param>
    /// <param name="server">The server.</param>
    /// <param name="colour">Colours may be used.</param>
    /// <param name="qr">The public URL is drawn as a QR code, too.</param>
    /// <param name="time">The clock.</param>
    public TerminalView(ITerminal terminal, Uri server, bool colour, bool qr, TimeProvider time)
    {
        _terminal = terminal;
        _colour = colour;
        _qr = qr && terminal.HasUnicode;
        _state = new ViewState(server, time);
        _screen = new Screen(terminal);
        _farewell = new Farewell(_state, colour);
        terminal.Changed += OnTerminal;
        terminal.Suspending += _screen.Suspend;
        _atOnce = terminal.EndingAtOnce.Register(Finish);
    }

    /// <inheritdoc/>
    public void Watch(Recorder recorder) => _state.Watch(recorder);

    /// <inheritdoc/>
    public void Measurable(Func<SessionPulse> pulse) => _state.Measurable(pulse);

    /// <inheritdoc/>
    public void Connecting(int attempt)
    {
        // Between two attempts the reason of the last one is what people want to see.
        if (attempt == 1)
        {
            _state.Change(s => s.Look == SessionLook.Lost ? s with { Look = SessionLook.Connecting } : s);
        }
    }

    /// <inheritdoc/>
    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
        _state.Change(s => s with { Look = SessionLook.Online, Tunnels = tunnels });
        Changed();
    }

    /// <inheritdoc/>
    public void Interrupted()
    {
        _state.Change(s => s.Look == SessionLook.Online ? s with { Look = SessionLook.Interrupted } : s);
        Changed();
    }

    /// <inheritdoc/>
    public void Resumed(TimeSpan after)
    {
        _state.Change(s => s.Look == SessionLook.Interrupted ? s with { Look = SessionLook.Online } : s);
        Changed();
    }

    /// <inheritdoc/>
    public void Lost(string reason, TimeSpan retryIn)
    {
        _state.Lost(reason, retryIn);
        Changed();
    }

    /// <inheritdoc/>
    public void Listening(string name, string address)
    {
        _state.Listening(name, address);
        Changed();
    }

    /// <inheritdoc/>
    public void Inspecting(Uri address) => _state.Change(s => s with { Inspector = address.AbsoluteUri.TrimEnd('/') });

    /// <inheritdoc/>
    public void Notice(string message)
    {
        _state.Notice(message);
        Changed();
    }

    /// <inheritdoc/>
    public void ConnectionCompleted(in ConnectionSummary connection)
    {
        _state.Add(connection);
        Changed();
    }

    /// <inheritdoc/>
    public void ExchangeCompleted(in ExchangeSummary exchange)
    {
        _state.Add(exchange);
        Changed();
    }

    /// <inheritdoc/>
    public void Draining(int running)
    {
        _state.Change(s => s with { Look = SessionLook.Stopping });
        Changed();
    }

    /// <summary>Gives the terminal back, with the addresses and the totals on it.</summary>
    public async ValueTask DisposeAsync()
    {
        _over.Set();
        if (_drawing is { } drawing)
        {
            Changed();

            // A terminal that takes nothing any more must not keep the program from ending.
            await drawing.WaitAsync(EndWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _atOnce.DisposeAsync().ConfigureAwait(false);
        _terminal.Changed -= OnTerminal;
        _terminal.Suspending -= _screen.Suspend;
    }

    private void OnTerminal()
    {
        _screen.Forget();
        if (_drawing is not null)
        {
            Changed();
        }
    }

    private void Finish() => _screen.Finish(_farewell.Text());

    // Called for each request, by the relay.
    private void Changed()
    {
        if (Interlocked.Exchange(ref _isChanged, 1) != 0)
        {
            return;
        }

        if (_drawing is null)
        {
            lock (_lock)
            {
                _drawing ??= Task.Factory.StartNew(Draw, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
        }

        _changed.Release();
    }

    private void Draw()
    {
        try
        {
            // At once, while what draws is still being loaded; and it stays when the view is gone.
            _screen.WriteBefore(_farewell.Addresses());
            DrawPictures();
            Finish();
        }
        catch (IOException)
        {
            // The terminal is gone; the tunnel goes on.
        }
    }

    private void DrawPictures()
    {
        bool hasKeyboard = !_over.IsSet && _terminal.ReadKeys(OnKey);
        using var drawing = new ViewDrawing(_colour, _terminal.HasUnicode);
        (Uri Url, CodePicture Picture)? code = null;
        while (true)
        {
            if (_changed.Wait(Longest))
            {
                Volatile.Write(ref _isChanged, 0);
            }

            if (_over.IsSet)
            {
                return;
            }

            if (_terminal.CanDraw)
            {
                (int Width, int Height) size = _terminal.Size;
                ViewSnapshot view = _state.Snapshot(size.Height) with { HasKeyboard = hasKeyboard };
                if (_qr && view.Tunnels.FirstOrDefault(t => t.Url.Scheme is "http" or "https")?.Url is { } url)
                {
                    code = code?.Url == url ? code : (url, CodeOf(url));
                    view = view with { Code = code.Value.Picture };
                }

                _screen.Show(drawing.Draw(view, size.Width, size.Height), size);
            }

            _over.Wait(Pause);
        }
    }

    private CodePicture CodeOf(Uri url)
    {
        string text = url.AbsoluteUri.TrimEnd('/');
        return new CodePicture(QrCode.Draw(text, _colour), QrCode.Draw(text, colour: false)[0].Length);
    }

    private void OnKey(char key)
    {
        if (key is 'q' or 'Q')
        {
            _terminal.RequestStop();
        }
        else if (key == ControlL)
        {
            OnTerminal();
        }
    }
}
