using System.Globalization;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Certificates;

namespace Ggrok.Server.Tls;

/// <summary>Reads <see cref="TlsOptions"/>; the files are tried, so that a mistake shows at the start.</summary>
internal static class TlsSettings
{
    private const string Certificates = "GGROK_TLS_CERT";
    private const string Keys = "GGROK_TLS_KEY";
    private const string Port = "GGROK_TLS_PORT";
    private const string ClientCa = "GGROK_TLS_CLIENT_CA";
    private const string Http3 = "GGROK_HTTP3";

    /// <summary>The options; null without a certificate.</summary>
    /// <param name="reader">The configuration; it collects the complaints.</param>
    /// <param name="clearPort">The port of the endpoint without TLS; null when addresses are given instead.</param>
    public static TlsOptions? Read(SettingsReader reader, int? clearPort)
    {
        IReadOnlyList<string> certificates = reader.List(Certificates);
        IReadOnlyList<string> keys = reader.List(Keys);
        string? clientCa = reader.Text(ClientCa);
        var options = new TlsOptions
        {
            Certificates = [.. certificates.Select((c, i) => new CertificateFiles(c, i < keys.Count ? keys[i] : null))],
            Port = reader.Int(Port, 8443, 0, 65535),
            ClientCaFile = clientCa,
            Http3 = reader.OneOf(Http3, "auto", "off") == "auto",
        };
        if (certificates.Count == 0)
        {
            RefuseWithoutCertificate(reader, keys.Count > 0 ? Keys : null, clientCa is not null ? ClientCa : null);
            return null;
        }

        if (keys.Count > 0 && keys.Count != certificates.Count)
        {
            reader.Complain(string.Create(CultureInfo.InvariantCulture,
                $"{Keys}: there are {keys.Count} keys for {certificates.Count} certificates; name one key for each, in the same order"));
            return options;
        }

        if (options.Port != 0 && options.Port == clearPort)
        {
            reader.Complain($"{Port}: {options.Port} is PORT, too; TLS needs a port of its own");
        }

        Try(reader, options);
        return options;
    }

    private static void RefuseWithoutCertificate(SettingsReader reader, params string?[] names)
    {
        foreach (string name in names.OfType<string>())
        {
            reader.Complain($"{name}: it needs {Certificates}, the file of the server's certificate");
        }
    }

    private static void Try(SettingsReader reader, TlsOptions options)
    {
        foreach (CertificateFiles files in options.Certificates)
        {
            Try(reader, Certificates, () => PemPair.Load(files.Certificate, files.Key));
        }

        if (options.ClientCaFile is { } file)
        {
            Try(reader, ClientCa, () => PemAuthorities.Load(file));
        }
    }

    private static void Try(SettingsReader reader, string name, Func<object> load)
    {
        try
        {
            load();
        }
        catch (PemException e)
        {
            reader.Complain($"{name}: {e.Message}");
        }
    }
}
