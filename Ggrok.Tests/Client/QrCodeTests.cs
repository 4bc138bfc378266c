using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Output;
using Ggrok.Tests.Testing;
using Ggrok.Tests.Tls;
using QRCoder;

namespace Ggrok.Tests.Client;

/// <summary>QR codes of public URLs: what is drawn is what a scanner reads.</summary>
public sealed class QrCodeTests : CommandLineScene
{
    private const string Url = "https://calm-otter-4821.tunnels.example.com/alice";

    [Theory]
    [InlineData(true, "https://x")]
    [InlineData(true, Url)]
    [InlineData(false, "https://x")]
    [InlineData(false, Url)]
    public void Every_module_is_drawn_with_a_quiet_zone(bool colour, string url)
    {
        bool[][] drawn = Modules(QrCode.Draw(url, colour), colour);

        using QRCodeData expected = QRCodeGenerator.GenerateQrCode(url, QRCodeGenerator.ECCLevel.L);
        int size = expected.ModuleMatrix.Count;
        drawn.Length.ShouldBeInRange(size, size + 1);
        for (int y = 0; y < size; y++)
        {
            drawn[y].ShouldBe(expected.ModuleMatrix[y].Cast<bool>());
        }

        foreach (int edge in (int[])[0, 1, 2, 3, size - 4, size - 3, size - 2, size - 1])
        {
            drawn[edge].ShouldAllBe(dark => !dark);
            drawn.ShouldAllBe(row => !row[edge]);
        }

        drawn.Skip(size).ShouldAllBe(row => row.All(dark => !dark));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_scanner_reads_the_url(bool colour, bool inverse)
    {
        string picture = Path.Combine(Folder, "code.pbm");
        bool[][] drawn = Modules(QrCode.Draw(Url, colour), colour);
        await File.WriteAllTextAsync(picture, Picture(drawn, inverse));

        (int code, string output) = await OutsideProgram.RunAsync($"zbarimg --nodbus --quiet --raw -Sdisable -Sqrcode.enable{(inverse ? " -Stest-inverted" : "")} {picture}");

        (code, output.Trim()).ShouldBe((0, Url));
    }

    [Fact]
    public async Task It_is_drawn_below_the_address_once_however_often_the_session_opens()
    {
        using var output = new StringWriter();
        await using (var text = new TerminalOutput(output, colour: false, quiet: false, qr: true))
        {
            PublicTunnel[] tunnels = [new("web", new Uri(Url), new Uri("http://localhost:3000")), new("ssh", new Uri("tcp://x:1"), new Uri("tcp://localhost:22"))];
            text.Ready(tunnels);
            text.Lost("gone", TimeSpan.Zero);
            text.Ready(tunnels);
        }

        string code = string.Join('\n', QrCode.Draw(Url, colour: false));
        output.ToString().ShouldContain($"tcp://x:1 -> tcp://localhost:22\n\n{code}\nPress Ctrl-C");
        output.ToString().Split(code).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Several_urls_are_told_apart()
    {
        using var output = new StringWriter();
        await using (var text = new TerminalOutput(output, colour: true, quiet: true, qr: true))
        {
            text.Ready([new("web", new Uri("https://a.test"), new Uri("http://localhost:1")), new("api", new Uri("https://b.test"), new Uri("http://localhost:2"))]);
        }

        foreach ((string name, string url) in ((string, string)[])[("web", "https://a.test"), ("api", "https://b.test")])
        {
            output.ToString().ShouldContain($"\n{name}  {url}\n{string.Join('\n', QrCode.Draw(url, colour: true))}\n");
        }
    }

    [Fact]
    public async Task The_option_draws_it_and_without_it_there_is_none()
    {
        (await RunAsync("3000", "--server", "x", "--qr")).ShouldBe(0, Error);
        Output.ShouldContain(QrCode.Draw("https://x", colour: false)[5]);

        Clear();
        (await RunAsync("3000", "--server", "x")).ShouldBe(0, Error);
        Output.ShouldNotContain("\u2588");
    }

    [Theory]
    [InlineData("--qr draws into the text output; leave it out with --log json", "3000", "--server", "x", "--qr", "--log", "json")]
    [InlineData("There is no option \"--qr\"", "tcp", "22", "--server", "x", "--qr")]
    [InlineData("--qr draws the URL of an http tunnel, and none is started", "start", "ssh", "--server", "x", "--qr")]
    public async Task Where_it_cannot_be_drawn_it_is_a_mistake(string expected, params string[] arguments)
    {
        await File.WriteAllTextAsync(ConfigPath, "tunnels:\n  ssh:\n    kind: tcp\n    target: 22\n");

        (await RunAsync(arguments)).ShouldBe(2);

        Error.ShouldContain(expected);
        Opened.ShouldBeNull();
    }

    // What a terminal shows: true where it is dark.
    private static bool[][] Modules(IReadOnlyList<string> lines, bool colour)
    {
        const string Begin = "\u001b[38;5;16;48;5;231m";
        const string End = "\u001b[0m";
        if (colour)
        {
            lines.ShouldAllBe(l => l.StartsWith(Begin, StringComparison.Ordinal) && l.EndsWith(End, StringComparison.Ordinal));
        }

        // With colour the blocks are ink on white; without it they are light on a dark ground.
        return [.. lines.Select(l => l.Replace(Begin, "", StringComparison.Ordinal).Replace(End, "", StringComparison.Ordinal)).SelectMany(l => (bool[][])
        [
            [.. l.Select(c => c is '\u2588' or '\u2580' == colour)],
            [.. l.Select(c => c is '\u2588' or '\u2584' == colour)],
        ])];
    }

    // PBM with 8 points a module; 1 is black.
    private static string Picture(bool[][] modules, bool inverse)
    {
        const int Scale = 8;
        IEnumerable<string> rows = modules.SelectMany(row => Enumerable.Repeat(
            string.Concat(row.Select(dark => new string(dark != inverse ? '1' : '0', Scale))), Scale));
        return string.Create(CultureInfo.InvariantCulture, $"P1\n{modules[0].Length * Scale} {modules.Length * Scale}\n") + string.Join('\n', rows) + "\n";
    }
}
