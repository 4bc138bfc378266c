using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ggrok.Client.Certificates;
using Ggrok.Client.Connection;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok certs</c>: a private CA for where no public one issues certificates, such as a LAN.</summary>
internal sealed class CertsCommand(TextWriter output, TimeProvider time)
{
    // What Apple's systems take at most from private CAs.
    private const int DefaultDays = 825;
    private const int MostDays = 3650;
    private const int LongestName = 64;

    private readonly Argument<string[]> _names = new("name")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "What the server's certificate is for: tunnel.lan, *.tunnel.lan, 192.168.1.5. The first one names the file.",
    };

    private readonly Option<string?> _client = Text("--client", "NAME", "Make a client certificate for NAME instead.");
    private readonly Option<string?> _out = Text("--out", "DIR", "Folder of the CA and the certificates. [default: this folder]");
    private readonly Option<string?> _caName = Text("--ca-name", "TEXT", "Name of a new CA. [default: Ggrok CA of user@machine]");
    private readonly Option<string?> _days = Text("--days", "N", "How long the certificate is valid. [default: 825]");
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite a certificate that is there. The CA is never overwritten." };

    public Command Build()
    {
        var create = new Command("create", "Make a certificate, and the CA that issues it unless there is one in the folder.");
        create.Arguments.Add(_names);
        foreach (Option option in (Option[])[_client, _out, _caName, _days, _force])
        {
            create.Options.Add(option);
        }

        create.SetAction(Create);
        var certs = new Command("certs", "Make a private CA and certificates for servers and clients.");
        certs.Subcommands.Add(create);
        return certs;
    }

    private int Create(ParseResult parsed)
    {
        var sources = new SettingSources(parsed, _ => null, new Dictionary<string, Setting>());
        string[] texts = parsed.GetValue(_names) ?? [];
        string? client = sources.Option(_client)?.As(ClientName);
        if (client is null == (texts.Length == 0))
        {
            throw new UsageException(client is null
                ? "Which names? Write those that clients connect to: ggrok certs create tunnel.lan 192.168.1.5, or for a client: ggrok certs create --client anna"
                : "Make one at a time: a server's certificate with its names, or a client's with --client.");
        }

        CertificateNames? names = client is null ? new CertificateNames(texts) : null;
        int days = sources.Option(_days)?.As(Days) ?? DefaultDays;
        string name = names?.FileName ?? client!;
        if (name.Equals(CertificateFolder.AuthorityName, StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException("ca.crt is the file of the CA itself; begin with another name.");
        }

        var folder = new CertificateFolder(sources.Option(_out)?.As(t => t) ?? ".", time);
        if (!parsed.GetValue(_force))
        {
            folder.RefuseExisting(name);
        }

        Issuer issuer = Authority(folder, sources.Option(_caName)?.As(CaName));
        if (sources.Option(_days) is not null && issuer.Certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime.AddDays(days - 1))
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--days: The CA ends at {issuer.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}, before the certificate would; write fewer days."));
        }

        (X509Certificate2 certificate, ECDsa key) = names is null ? issuer.ForClient(client!, days) : issuer.ForServer(names, days);
        folder.Write(name, certificate, key);
        Report(folder, name, certificate, names);
        return (int)ExitCode.Ok;
    }

    private Issuer Authority(CertificateFolder folder, string? name)
    {
        string path = folder.CertificatePath(CertificateFolder.AuthorityName);
        if (folder.FindAuthority() is { } known)
        {
            output.WriteLine(name is null ? $"CA           {path} (used again)" : $"CA           {path} (used again; its name stays)");
            return known;
        }

        Issuer issuer = Issuer.Make(name ?? $"Ggrok CA of {Environment.UserName}@{Environment.MachineName}", time);
        folder.Write(CertificateFolder.AuthorityName, issuer.Certificate, issuer.Certificate.GetECDsaPrivateKey()!);
        output.WriteLine($"CA           {path}, valid until {Date(issuer.Certificate)}");
        output.WriteLine($"Key of it    {folder.KeyPath(CertificateFolder.AuthorityName)}: keep it to yourself; whoever has it can pose as your server");
        return issuer;
    }

    private void Report(CertificateFolder folder, string name, X509Certificate2 certificate, CertificateNames? names)
    {
        (string ca, string crt, string key) = (folder.CertificatePath(CertificateFolder.AuthorityName), folder.CertificatePath(name), folder.KeyPath(name));
        output.WriteLine($"Certificate  {crt} for {(names is null ? name : string.Join(", ", names.All))}, valid until {Date(certificate)}");
        output.WriteLine($"Key          {key}");
        output.WriteLine();
        output.WriteLine(names is null
            ? $"""
              Environment of the server:
                GGROK_TLS_CLIENT_CA={ca}
              Client:
                ggrok --server SERVER:8443 --ca {ca} --cert {crt} --key {key} --port 3000
              """
            : $"""
              Environment of the server:
                GGROK_TLS_CERT={crt}
                GGROK_TLS_KEY={key}
              Client, with a copy of ca.crt:
                ggrok --server https://{names.Reachable}:8443 --ca {ca} --port 3000
              """);
    }

    private static string Date(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Days(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days is > 0 and <= MostDays
            ? days
            : throw new UsageException($"{text.Quoted()} is no number of days; write one from 1 to {MostDays}.");

    private static string CaName(string text) => text.Length <= LongestName && !text.Any(char.IsControl)
        ? text
        : throw new UsageException($"The name of a CA is one line of at most {LongestName} characters.");

    // It names the files, too.
    private static string ClientName(string text) =>
        text.Length <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@')
            ? text
            : throw new UsageException($"{text.Quoted()} cannot name a client; use letters, digits and - _ . @, at most {LongestName}, a letter or digit first.");

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };
}
