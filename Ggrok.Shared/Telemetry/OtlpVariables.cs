namespace Ggrok.Shared.Telemetry;

/// <summary>Kinds of telemetry, as OpenTelemetry's variables name them.</summary>
public enum Signal
{
    /// <summary>Spans.</summary>
    Traces,

    /// <summary>Figures.</summary>
    Metrics,

    /// <summary>Log lines.</summary>
    Logs,
}

/// <summary>
/// Whether OpenTelemetry's own variables ask for an export: an endpoint is named, for all signals or one of them, and
/// neither <c>OTEL_SDK_DISABLED</c> nor an exporter of <c>none</c> says otherwise.
/// </summary>
public sealed class OtlpVariables
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly Func<string, string?> _read;

    /// <param name="read">Reads a variable; null where it is not set.</param>
    public OtlpVariables(Func<string, string?> read)
    {
        _read = read;
    }

    /// <summary>Whether anything is exported.</summary>
    public bool IsOn => Enum.GetValues<Signal>().Any(Exports);

    /// <summary>Whether a signal is exported.</summary>
    public bool Exports(Signal signal)
    {
        string name = signal.ToString().ToUpperInvariant();
        bool named = Has(Endpoint) || Has($"OTEL_EXPORTER_OTLP_{name}_ENDPOINT");
        return named && !Is("OTEL_SDK_DISABLED", "true") && !Is($"OTEL_{name}_EXPORTER", "none");
    }

    /// <summary>What is wrong with the endpoints, a sentence that begins with the variable's name; null when nothing is.</summary>
    public string? Problem()
    {
        foreach (string name in Enum.GetValues<Signal>().Select(s => $"OTEL_EXPORTER_OTLP_{s.ToString().ToUpperInvariant()}_ENDPOINT").Prepend(Endpoint))
        {
            if (Has(name) && !(Uri.TryCreate(_read(name), UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"))
            {
                return $"{name}: \"{Protocol.Printable.Clean(_read(name))}\" is no address of a collector; write http://localhost:4317, or http://localhost:4318 with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf";
            }
        }

        return null;
    }

    private bool Has(string name) => !string.IsNullOrWhiteSpace(_read(name));

    private bool Is(string name, string value) => string.Equals(_read(name)?.Trim(), value, StringComparison.OrdinalIgnoreCase);
}
