using System.Runtime.CompilerServices;
using Ggrok.Client.Cli;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ggrok.Client.Telemetry;

/// <summary>Export of the client's spans over OTLP: on when OpenTelemetry's variables name a collector.</summary>
internal sealed class ClientTelemetry : IDisposable
{
    private readonly IDisposable _sdk;

    private ClientTelemetry(IDisposable sdk)
    {
        _sdk = sdk;
    }

    /// <summary>What makes the spans.</summary>
    public LocalTracing Tracing { get; } = new();

    /// <summary>Starts the export; null when no variable asks for one.</summary>
    /// <param name="environment">Reads environment variables.</param>
    /// <exception cref="UsageException">An endpoint is no address.</exception>
    public static ClientTelemetry? Start(Func<string, string?> environment)
    {
        var variables = new OtlpVariables(environment);
        if (!variables.Exports(Signal.Traces))
        {
            return null;
        }

        return variables.Problem() is { } problem ? throw new UsageException(problem + ".") : new ClientTelemetry(Export());
    }

    /// <summary>Ends the export; sends what is left.</summary>
    public void Dispose()
    {
        Tracing.Dispose();
        _sdk.Dispose();
    }

    // Apart, so that the libraries are loaded only by who uses them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IDisposable Export() => OpenTelemetrySdk.Create(sdk =>
    {
        sdk.ConfigureResource(r => r.AddService("ggrok-client", serviceVersion: ProgramVersion.Current).AddEnvironmentVariableDetector());
        sdk.WithTracing(t => t.AddSource(LocalTracing.SourceName));
        sdk.UseOtlpExporter();
    });
}
