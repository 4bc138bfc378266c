using Ggrok.Client.Connection;
using Ggrok.Client.Output.View;
using Ggrok.Shared.Protocol;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.View;

/// <summary>The view on a terminal that misbehaves as terminals and people do.</summary>
public sealed class TerminalViewTests : IAsyncDisposable
{
    private const string OtherScreen = "\u001b[?1049h";
    private const string FirstScreen = "\u001b[?1049l";
    private const string NoCursor = "\u001b[?25l";
    private const string Cursor = "\u001b[?25h";

    private static readonly PublicTunnel Web = new("web", new Uri("https://calm-otter.example.com"), new Uri("http://localhost:3000"));

    private readonly FakeTerminal _terminal = new();
    private readonly TerminalView _view;

    public TerminalViewTests()
    {
        _view = new TerminalView(_terminal, new Uri("https://my.app"), colour: false, qr: false, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _terminal.Thaw();
        await _view.DisposeAsync();
        _terminal.Dispose();
    }

    [Fact]
    public async Task The_addresses_stand_on_the_first_screen_and_the_rest_on_the_other()
    {
        _view.Inspecting(new Uri("http://127.0.0.1:4040"));
        _view.Ready([Web]);
        await SeesAsync("Nothing has come in yet.");

        string text = _terminal.Written;
        text.ShouldStartWith("Forwarding  https://calm-otter.example.com -> http://localhost:3000\r\nInspector   http://127.0.0.1:4040\r\n");
        text.IndexOf(OtherScreen, StringComparison.Ordinal).ShouldBeGreaterThan(text.IndexOf("Inspector", StringComparison.Ordinal));
        text.ShouldContain(NoCursor);
    }

    [Fact]
    public async Task At_the_end_the_terminal_is_as_it_was_with_the_totals_on_it()
    {
        _view.Ready([Web]);
        _view.ExchangeCompleted(Exchange("/first", 200));
        _view.ExchangeCompleted(Exchange("/second", 500));
        _view.Notice("something to know");
        await SeesAsync("/second");
        _terminal.Clear();

        await _view.DisposeAsync();

        string text = _terminal.Written;
        string after = text[(text.LastIndexOf(FirstScreen, StringComparison.Ordinal) + FirstScreen.Length)..];
        text.ShouldContain(Cursor);
        after.ShouldStartWith("something to know\r\nStopped after ");
        after.ShouldEndWith(": 2 requests, 1 error.\r\n");
    }

    [Fact]
    public async Task A_client_that_never_got_a_tunnel_leaves_no_totals()
    {
        _view.Lost("Nothing listens there.", TimeSpan.FromSeconds(1));
        await SeesAsync("Nothing listens there.");

        await _view.DisposeAsync();

        _terminal.Written.ShouldEndWith(FirstScreen);
    }

    [Fact]
    public async Task A_client_that_says_nothing_leaves_the_terminal_alone()
    {
        _view.Connecting(1);
        _view.Measurable(() => default);

        await _view.DisposeAsync();

        _terminal.Written.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_terminal_that_takes_nothing_stops_nobody_and_gets_the_latest_later()
    {
        _view.Ready([Web]);
        await SeesAsync("Nothing has come in yet.");
        _terminal.Freeze();
        _view.ExchangeCompleted(Exchange("/stuck", 200));
        await Within.Bound(_terminal.Stuck.Task, "a write that is stuck");

        for (int i = 1; i <= 10_000; i++)
        {
            _view.ExchangeCompleted(Exchange($"/number-{i}.", 200));
        }

        int before = _terminal.Writes;
        _terminal.Thaw();
        await SeesAsync("/number-10000.");
        await SeesAsync("10,001 requests");
        _terminal.Written.ShouldNotContain("/number-5000.");
        (_terminal.Writes - before).ShouldBeLessThan(10);
    }

    [Fact]
    public async Task Only_lines_that_changed_are_written()
    {
        _view.Ready([Web]);
        _view.ExchangeCompleted(Exchange("/first", 200));
        await SeesAsync("/first");
        await SeesAsync("p95");
        _terminal.Clear();

        _view.Notice("news");
        await SeesAsync("news");
        _view.Notice("more news");
        await SeesAsync("more news");

        Drawn.Plain(_terminal.Written).ShouldNotContain("calm-otter");
    }

    [Fact]
    public async Task A_new_size_is_filled_at_once()
    {
        _view.Ready([Web]);
        await SeesAsync("Nothing has come in yet.");
        _terminal.Clear();

        _terminal.Resize(40, 12);

        await SeesAsync("inspector", absent: true);
        await SeesAsync("\u001b[4;1H");
        await SeesAsync("ggrok 1.0.0");
    }

    [Fact]
    public async Task While_suspended_or_in_the_background_nothing_is_drawn_and_afterwards_all_is()
    {
        _view.Ready([Web]);
        await SeesAsync("Nothing has come in yet.");
        _terminal.Clear();

        _terminal.CanDraw = false;
        _terminal.Suspend();
        _terminal.Written.ShouldEndWith(FirstScreen);
        _terminal.Clear();
        _view.ExchangeCompleted(Exchange("/meanwhile", 200));
        _terminal.CanDraw = true;
        _terminal.Continue();

        await SeesAsync("/meanwhile");
        _terminal.Written.ShouldContain(OtherScreen);
        await SeesAsync("calm-otter");
    }

    [Fact]
    public async Task Ended_at_once_the_terminal_is_given_back_first_and_nothing_is_drawn_after()
    {
        _view.Ready([Web]);
        _view.Draining(1);
        await SeesAsync("stopping");

        _terminal.EndAtOnce();

        string text = _terminal.Written;
        text.ShouldContain(Cursor);
        text.ShouldEndWith(": 0 requests, 0 errors.\r\n");
        _view.ExchangeCompleted(Exchange("/late", 200));
        await _view.DisposeAsync();
        _terminal.Written.ShouldBe(text);
    }

    [Fact]
    public async Task A_terminal_that_hangs_does_not_keep_the_program_from_ending()
    {
        _view.Ready([Web]);
        await SeesAsync("Nothing has come in yet.");
        _terminal.Freeze();
        _view.ExchangeCompleted(Exchange("/x", 200));
        await Within.Bound(_terminal.Stuck.Task, "a write that is stuck");

        await Within.Bound(Task.Run(_terminal.EndAtOnce), "the end at once");
        await Within.Bound(_view.DisposeAsync().AsTask(), "the end");
    }

    [Fact]
    public async Task Q_does_what_Ctrl_C_does()
    {
        _view.Ready([Web]);
        await SeesAsync("q or Ctrl-C stops");
        _terminal.Press('x');
        _terminal.WasStopRequested.ShouldBeFalse();

        _terminal.Press('q');

        _terminal.WasStopRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Raw_connections_names_and_open_streams_are_shown()
    {
        _view.Measurable(() => new SessionPulse(TimeSpan.FromMilliseconds(7), 3));
        _view.Listening("device-42", "127.0.0.1:2222");
        _view.ConnectionCompleted(new ConnectionSummary("id", "device-42", TunnelKind.Tcp, "203.0.113.9:5000", RelayError.None, TimeSpan.FromSeconds(5), 1000, 48));

        await SeesAsync("127.0.0.1:2222 → device-42");
        await SeesAsync("latency 7.0 ms");
        await SeesAsync("1 connection  ");
        await SeesAsync("3 open");
        await SeesAsync("203.0.113.9:5000");
        await SeesAsync("1.0 KiB");
    }

    private static ExchangeSummary Exchange(string path, int status) =>
        new("id", "web", "GET", path, status, RelayError.None, TimeSpan.FromMilliseconds(2), 0, 10);

    private Task SeesAsync(string text, bool absent = false) =>
        Eventually.BecomesAsync(() => Task.FromResult(_terminal.Written.Contains(text, StringComparison.Ordinal) || Drawn.Plain(_terminal.Written).Contains(text, StringComparison.Ordinal)), !absent);
}
