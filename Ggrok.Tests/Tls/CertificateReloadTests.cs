using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ggrok.Server.Tls;
using Ggrok.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Ggrok.Tests.Tls;

/// <summary>Certificates that are renewed while the server runs.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private static readonly TimeSpan Due = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly RecordingLogs _logs = new();
    private readonly LoggerFactory _factory;

    public CertificateReloadTests()
    {
        _factory = new LoggerFactory([_logs]);
    }

    [Fact]
    public async Task A_new_handshake_shows_the_new_certificate_and_an_open_connection_goes_on()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("localhost");
        await using RunningServer server = await RunningServer.StartAsync(made.Settings("localhost"));
        (SslStream open, X509Certificate2 before) = await made.ShakeHandsAsync(server, "localhost");
        await using SslStream stream = open;

        await made.CreateAsync("localhost", "--force");
        X509Certificate2 after = X509CertificateLoader.LoadCertificateFromFile(made["localhost.crt"]);

        after.Thumbprint.ShouldNotBe(before.Thumbprint);
        await Eventually.BecomesAsync(async () => (await ThumbprintAsync(made, server)), after.Thumbprint);
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /$$ggrok/health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        byte[] buffer = new byte[1024];
        int count = await Within.Bound(stream.ReadAsync(buffer).AsTask(), "an answer on the old connection");
        Encoding.ASCII.GetString(buffer, 0, count).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Files_are_looked_at_once_a_second_at_most()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.test");
        CertificateStore store = Store(made, "a.test");
        string first = await ShownAsync(store);
        await made.CreateAsync("a.test", "--force");

        _time.Advance(Due - TimeSpan.FromTicks(1));
        string early = await ShownAsync(store);
        _time.Advance(TimeSpan.FromTicks(1));
        string due = await ShownAsync(store);

        early.ShouldBe(first);
        due.ShouldNotBe(first);
    }

    [Fact]
    public async Task Broken_files_leave_the_old_certificate_and_are_tried_again_with_one_warning()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.test");
        await made.CreateAsync("b.test");
        CertificateStore store = Store(made, "a.test");
        string first = await ShownAsync(store);
        string good = await File.ReadAllTextAsync(made["a.test.crt"]);

        await File.WriteAllTextAsync(made["a.test.crt"], good[..(good.Length / 2)]);
        string half = await NextAsync(store);
        string still = await NextAsync(store);
        int warnings = Warnings();

        // The new certificate is there, its key not yet.
        File.Copy(made["b.test.crt"], made["a.test.crt"], overwrite: true);
        string mixed = await NextAsync(store);
        File.Copy(made["b.test.key"], made["a.test.key"], overwrite: true);
        string whole = await NextAsync(store);

        (half, still, mixed).ShouldBe((first, first, first));
        warnings.ShouldBe(1);
        Warnings().ShouldBe(2);
        whole.ShouldBe(X509CertificateLoader.LoadCertificateFromFile(made["b.test.crt"]).Thumbprint);
    }

    [Fact]
    public async Task A_missing_file_leaves_the_old_certificate()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.test");
        CertificateStore store = Store(made, "a.test");
        string first = await ShownAsync(store);

        File.Delete(made["a.test.key"]);

        (await NextAsync(store)).ShouldBe(first);
        _logs.Lines.ShouldContain(l => l.Level == LogLevel.Warning && l.Message.Contains($"There is no file {made["a.test.key"]}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_link_to_another_file_is_a_change()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("one.test");
        await made.CreateAsync("two.test");
        Link(made, "one.test");
        CertificateStore store = Store(made, "live");
        string first = await ShownAsync(store);

        Link(made, "two.test");

        (await NextAsync(store)).ShouldNotBe(first);
    }

    [Fact]
    public async Task The_same_problem_is_news_after_the_old_files_were_back()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("one.test");
        await File.WriteAllTextAsync(made["broken.crt"], "");
        File.Copy(made["one.test.key"], made["broken.key"]);
        Link(made, "one.test");
        CertificateStore store = Store(made, "live");

        foreach (string target in (string[])["broken", "one.test", "broken"])
        {
            Link(made, target);
            await NextAsync(store);
        }

        Warnings().ShouldBe(2);
    }

    [Fact]
    public async Task Of_several_certificates_the_good_one_is_renewed_though_another_is_broken()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.test");
        await made.CreateAsync("b.test");
        CertificateStore store = Store(made, "a.test", "b.test");
        string a = await ShownAsync(store, "a.test");
        string b = await ShownAsync(store, "b.test");

        await File.WriteAllTextAsync(made["a.test.crt"], "");
        await made.CreateAsync("b.test", "--force");

        (await NextAsync(store, "a.test")).ShouldBe(a);
        (await ShownAsync(store, "b.test")).ShouldNotBe(b);
    }

    [Fact]
    public async Task The_ca_of_clients_is_renewed_too()
    {
        using MadeCertificates made = await MadeCertificates.MakeAsync("a.test");
        using MadeCertificates other = await MadeCertificates.MakeAsync("a.test");
        CertificateStore store = Store(made, "a.test");

        File.Copy(other.Ca, made.Ca, overwrite: true);
        await NextAsync(store);

        store.Current.Clients!.Certificates.Single().Thumbprint.ShouldBe(X509CertificateLoader.LoadCertificateFromFile(other.Ca).Thumbprint);
    }

    public void Dispose()
    {
        _factory.Dispose();
        _logs.Dispose();
    }

    private CertificateStore Store(MadeCertificates made, params string[] names) => new(
        new TlsOptions { Certificates = [.. names.Select(n => new CertificateFiles(made[n + ".crt"], made[n + ".key"]))], ClientCaFile = made.Ca },
        _time,
        _factory.CreateLogger<CertificateStore>());

    private static async Task<string> ShownAsync(CertificateStore store, string? name = null) => (await store.ForHandshakeAsync()).Find(name).TargetCertificate.Thumbprint;

    private Task<string> NextAsync(CertificateStore store, string? name = null)
    {
        _time.Advance(Due);
        return ShownAsync(store, name);
    }

    private static async Task<string> ThumbprintAsync(MadeCertificates made, RunningServer server)
    {
        (SslStream stream, X509Certificate2 shown) = await made.ShakeHandsAsync(server, "localhost");
        await stream.DisposeAsync();
        return shown.Thumbprint;
    }

    private int Warnings() => _logs.Lines.Count(l => l.Level == LogLevel.Warning && l.Message.Contains("cannot be used; the old ones go on", StringComparison.Ordinal));

    // As certbot does: the name stays, what it points to changes.
    private static void Link(MadeCertificates made, string target)
    {
        foreach (string ending in (string[])[".crt", ".key"])
        {
            string fresh = made["live" + ending + ".new"];
            File.CreateSymbolicLink(fresh, made[target + ending]);
            File.Move(fresh, made["live" + ending], overwrite: true);
        }
    }
}
