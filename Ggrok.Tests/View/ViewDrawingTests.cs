using Ggrok.Client.Connection;
using Ggrok.Client.Output;
using Ggrok.Client.Output.View;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.View;

/// <summary>A fixed state at a fixed size gives exactly these lines.</summary>
public class ViewDrawingTests
{
    [Fact]
    public void A_usual_terminal_shows_all()
    {
        Drawn.Lines(Drawn.Online, 80, 24).ShouldBe(
        [
            "ggrok 1.0.0                                                    q or Ctrl-C stops",
            "",
            "Session     ● online  https://my.app  latency 12.3 ms",
            "Forwarding  https://calm-otter-4821.example.com → http://localhost:3000",
            "Inspector   http://127.0.0.1:4040",
            "Traffic     1,234 requests  56/s  3 errors  2 open  p50 3.1 ms  p95 12.0 ms",
            "",
            "Time      Method  Path                      Status            Duration      Size",
            "12:30:01  GET     /api/users?page=2         200                 3.1 ms   2.1 KiB",
            "12:30:01  GET     /missing                  404                 3.1 ms   2.1 KiB",
            "12:30:01  POST    /broken                   503                 3.1 ms   2.1 KiB",
            "12:30:01  DELETE  /away                     LocalUnreachable    3.1 ms   2.1 KiB",
            "12:30:01  GET     /left                     gone                3.1 ms   2.1 KiB",
        ]);
    }

    [Fact]
    public void A_narrow_terminal_leaves_out_what_matters_less_and_never_cuts_the_URL()
    {
        Drawn.Lines(Drawn.Online, 40, 20).ShouldBe(
        [
            "ggrok 1.0.0            q or Ctrl-C stops",
            "● online  https://my.app",
            "  latency 12.3 ms",
            "https://calm-otter-4821.example.com",
            "  → http://localhost:3000",
            "inspector  http://127.0.0.1:4040",
            "1,234 requests  56/s  3 errors  2 open",
            "  p50 3.1 ms  p95 12.0 ms",
            "",
            "Method  Path          Status    Duration",
            "GET     /api/users?…  200         3.1 ms",
            "GET     /missing      404         3.1 ms",
            "POST    /broken       503         3.1 ms",
            "DELETE  /away         LocalUn…    3.1 ms",
            "GET     /left         gone        3.1 ms",
        ]);
    }

    [Fact]
    public void A_URL_that_is_wider_than_the_terminal_goes_on_in_the_next_line()
    {
        ViewSnapshot view = Drawn.Online with
        {
            Tunnels = [new PublicTunnel("web", new Uri("https://" + new string('a', 60) + ".example.com"), new Uri("http://localhost:3000"))],
        };

        string[] lines = Drawn.Lines(view, 40, 20);

        string.Concat(lines.Select(l => l.Trim())).ShouldContain("https://" + new string('a', 60) + ".example.com → http://localhost:3000");
    }

    [Fact]
    public void Several_connections_are_counted()
    {
        Drawn.Lines(Drawn.Online with { Connections = (3, 4) }, 100, 24).ShouldContain(l => l.StartsWith("Session", StringComparison.Ordinal) && l.EndsWith("3 of 4 connections", StringComparison.Ordinal));
        string.Concat(Drawn.Lines(Drawn.Online, 100, 24)).ShouldNotContain("connections");
    }

    [Fact]
    public void A_terminal_without_Unicode_gets_ASCII()
    {
        string[] lines = Drawn.Lines(Drawn.Online with { Rows = [Drawn.Row("/" + new string('x', 200))] }, 80, 24, unicode: false);

        string.Concat(lines).ShouldAllBe(c => char.IsAscii(c));
        lines.ShouldContain(l => l.Contains("xxx..", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Contains("-> http://localhost:3000", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, 60)]
    [InlineData(120, 40)]
    [InlineData(80, 24)]
    [InlineData(61, 17)]
    [InlineData(60, 16)]
    [InlineData(59, 15)]
    [InlineData(40, 12)]
    [InlineData(40, 6)]
    [InlineData(20, 3)]
    [InlineData(1, 1)]
    public void A_picture_is_never_larger_than_the_terminal_and_covers_all_of_its_lines(int width, int height)
    {
        ViewSnapshot[] views =
        [
            Drawn.Online,
            Drawn.Online with { Rows = [.. Enumerable.Range(0, 300).Select(i => Drawn.Row("/文字/" + new string('字', i), 100 + i))] },
            Drawn.Online with { Look = SessionLook.Lost, Reason = string.Join(' ', Enumerable.Repeat("because", 50)), Notices = [new string('n', 900), "second"] },
            Drawn.Online with { Tunnels = [.. Enumerable.Range(0, 50).Select(i => new PublicTunnel($"tunnel-{i}", new Uri($"https://t{i}.example.com"), new Uri("http://localhost:1")))] },
            Drawn.Online with { Code = new CodePicture(QrCode.Draw("https://calm-otter-4821.example.com", colour: false), 37) },
        ];
        foreach (ViewSnapshot view in views)
        {
            string[] lines = [.. Drawn.Raw(view, width, height).Select(Drawn.Plain)];

            lines.Length.ShouldBeLessThanOrEqualTo(height);
            lines.ShouldAllBe(l => Cells.Width(l) == width);
        }
    }

    [Fact]
    public void As_many_rows_are_shown_as_there_is_room_for_newest_first()
    {
        ViewSnapshot view = Drawn.Online with { Rows = [.. Enumerable.Range(0, 100).Select(i => Drawn.Row($"/{i}"))] };

        string[] lines = Drawn.Lines(view, 80, 24);

        lines.Length.ShouldBe(24);
        lines[^1].ShouldContain("/15 ");
        lines[8].ShouldContain("/0 ");
    }

    [Fact]
    public void Wide_letters_are_cut_where_the_column_ends()
    {
        ViewSnapshot view = Drawn.Online with { Rows = [Drawn.Row("/" + new string('字', 100)), Drawn.Row("/é")] };

        string[] lines = Drawn.Lines(view, 80, 24);

        string wide = lines.Single(l => l.Contains('字', StringComparison.Ordinal));
        string narrow = lines.Single(l => l.Contains("/é", StringComparison.Ordinal));
        wide.ShouldContain("字…");
        Cells.Width(wide).ShouldBe(Cells.Width(narrow));
    }

    [Fact]
    public void What_strangers_send_is_text_and_nothing_else()
    {
        const string Nasty = "/\u001b[31m\u001b]0;title\u0007[bold]x[/]\r\n\u202Eabc\u2066[red";
        ViewSnapshot view = Drawn.Online with
        {
            Rows = [Drawn.Row(Nasty, method: "G\u001bT")],
            Notices = [Nasty],
            Look = SessionLook.Lost,
            Reason = Nasty,
            Listening = [(Nasty, "127.0.0.1:1")],
        };

        string[] raw = Drawn.Raw(view, 120, 40, colour: false);
        string text = string.Concat(raw.Select(Drawn.Plain));

        text.ShouldNotContain("\u001b");
        text.ShouldAllBe(c => !char.IsControl(c) && c != '\u202E' && c != '\u2066');
        text.ShouldContain("/?[31m?]0;title?[bold]x[/]???abc?[red");
        text.ShouldContain("G?T");
    }

    [Fact]
    public void Statuses_have_colours_unless_they_are_not_wanted()
    {
        string coloured = string.Concat(Drawn.Raw(Drawn.Online, 80, 24));
        string plain = string.Concat(Drawn.Raw(Drawn.Online, 80, 24, colour: false));

        coloured.ShouldContain("\u001b[32m200");
        coloured.ShouldContain("\u001b[33m404");
        coloured.ShouldContain("\u001b[31m503");
        coloured.ShouldContain("\u001b[31mLocalUnreachable");
        plain.ShouldNotContain("\u001b[3");
    }

    [Fact]
    public void A_lost_session_says_why_and_when_it_is_tried_again()
    {
        ViewSnapshot view = Drawn.Online with
        {
            Look = SessionLook.Lost,
            Reason = "The server does not answer any more.",
            RetryIn = TimeSpan.FromSeconds(2.3),
            RoundTrip = TimeSpan.Zero,
        };

        string[] lines = Drawn.Lines(view, 80, 24);

        lines[2].ShouldBe("Session     ● offline, trying again in 3 s  https://my.app");
        lines[3].ShouldBe("Reason      The server does not answer any more.");
        Drawn.Lines(view with { Look = SessionLook.Stopping }, 80, 24)[2].ShouldBe("Session     ● stopping: 2 running may finish, Ctrl-C again ends at once");
        Drawn.Lines(view with { Look = SessionLook.Connecting }, 80, 24)[2].ShouldBe("Session     ● connecting  https://my.app");
    }

    [Fact]
    public void Several_tunnels_raw_connections_names_and_notices_have_their_lines()
    {
        ViewSnapshot view = Drawn.Online with
        {
            Tunnels =
            [
                new PublicTunnel("web", new Uri("https://x.example.com"), new Uri("http://localhost:3000")),
                new PublicTunnel("ssh", new Uri("tcp://my.app:20022"), new Uri("tcp://localhost:22")),
            ],
            Listening = [("db", "127.0.0.1:5432")],
            Notices = ["old", "middle", "ssh: nothing listens at tcp://localhost:22 yet"],
            Figures = new ViewFigures { Requests = 1, Connections = 2, Errors = 1 },
            Rows =
            [
                Drawn.Row("/events") with { IsRunning = true, Duration = TimeSpan.FromMinutes(3.2) },
                Drawn.Row("/hook", 0) with { IsRunning = true, IsHeld = true },
                new ViewRow(Drawn.Noon, "ssh", "tcp", "203.0.113.9:50000", 0, RelayError.None, TimeSpan.FromHours(2.1), 5 << 20) { IsRaw = true },
                new ViewRow(Drawn.Noon, "db", "tcp", "", 0, RelayError.TunnelLost, TimeSpan.Zero, 0) { IsRaw = true },
            ],
        };

        Drawn.Lines(view, 90, 24).ShouldBe(
        [
            "ggrok 1.0.0                                                              q or Ctrl-C stops",
            "",
            "Session     ● online  https://my.app  latency 12.3 ms",
            "Forwarding  web  https://x.example.com → http://localhost:3000",
            "Forwarding  ssh  tcp://my.app:20022 → tcp://localhost:22",
            "Listening   127.0.0.1:5432 → db",
            "Inspector   http://127.0.0.1:4040",
            "Traffic     1 request  2 connections  0.0/s  1 error  0 open",
            "Notice      middle",
            "Notice      ssh: nothing listens at tcp://localhost:22 yet",
            "",
            "Time      Tunnel  Method  Path                              Status      Duration      Size",
            "12:30:01  web     GET     /events                           200           3m 12s   2.1 KiB",
            "12:30:01  web     GET     /hook                             held          3.1 ms   2.1 KiB",
            "12:30:01  ssh     tcp     203.0.113.9:50000                 ok            2h 06m   5.0 MiB",
            "12:30:01  db      tcp                                       TunnelLost    0.0 ms       0 B",
        ]);
    }

    [Fact]
    public void The_QR_code_is_beside_the_rest_where_there_is_room_and_below_the_addresses_where_it_is_not()
    {
        IReadOnlyList<string> code = QrCode.Draw("https://calm-otter-4821.example.com", colour: false);
        ViewSnapshot view = Drawn.Online with { Code = new CodePicture(code, code[0].Length) };
        ViewSnapshot quiet = view with { Rows = [] };

        string[] beside = Drawn.Lines(view, 120, 40);
        for (int i = 0; i < code.Count; i++)
        {
            beside[i].PadRight(120)[^code[0].Length..].ShouldBe(code[i]);
        }

        beside.ShouldContain(l => l.Contains("/missing", StringComparison.Ordinal));
        string[] below = Drawn.Lines(quiet, 80, 24);
        below.ShouldContain(l => l.Contains("calm-otter", StringComparison.Ordinal));
        below[^code.Count..].ShouldBe(code.Select(l => l.TrimEnd()));

        // With something to see and no room for both the rows win; and where it never fits that is said.
        Drawn.Lines(view, 80, 24).ShouldContain(l => l.Contains("/missing", StringComparison.Ordinal));
        string.Concat(Drawn.Lines(quiet, 80, 15)).ShouldContain($"The QR code needs a window of {code[0].Length} columns and {4 + code.Count} rows.");
    }

    [Theory]
    [InlineData(0.04, "0.0 ms")]
    [InlineData(3.14, "3.1 ms")]
    [InlineData(99.94, "99.9 ms")]
    [InlineData(99.96, "100 ms")]
    [InlineData(999.6, "1.0 s")]
    [InlineData(59_940, "59.9 s")]
    [InlineData(59_960, "1m 00s")]
    [InlineData(192_000, "3m 12s")]
    [InlineData(7_500_000, "2h 05m")]
    [InlineData(90_000_000, "1d 01h")]
    public void Durations_are_short(double milliseconds, string expected) => Readable.Milliseconds(milliseconds).ShouldBe(expected);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(10_189, "10 KiB")]
    [InlineData(1_048_000, "1.0 MiB")]
    [InlineData(5L << 40, "5.0 TiB")]
    [InlineData(long.MaxValue, "8388608 TiB")]
    public void Sizes_are_short(long bytes, string expected) => Readable.Bytes(bytes).ShouldBe(expected);
}
