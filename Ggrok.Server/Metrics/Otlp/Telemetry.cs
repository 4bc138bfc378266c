using Ggrok.Server.Hosting;
using Ggrok.Shared.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ggrok.Server.Metrics.Otlp;

/// <summary>Export over OTLP: on when OpenTelemetry's variables name a collector, and else not there at all.</summary>
internal static class Telemetry
{
    /// <summary>Adds what the variables ask for.</summary>
    /// <exception cref="SettingsException">An endpoint is no address.</exception>
    public static void Add(WebApplicationBuilder builder)
    {
        var variables = new OtlpVariables(name => builder.Configuration[name]);
        if (!variables.IsOn)
        {
            return;
        }

        if (variables.Problem() is { } problem)
        {
            throw new SettingsException("The configuration cannot be used:\n  " + problem);
        }

        Add(builder.Services, variables, builder.Configuration);
    }

    private static void Add(IServiceCollection services, OtlpVariables variables, IConfiguration configuration)
    {
        services.AddSingleton(_ => Create(variables, configuration));
        services.AddHostedService<TelemetryLifetime>();
        if (variables.Exports(Signal.Traces))
        {
            services.AddSingleton<VisitorTracing>();
        }

        if (variables.Exports(Signal.Metrics))
        {
            services.AddSingleton<Instruments>();
        }

        if (variables.Exports(Signal.Logs))
        {
            services.AddSingleton<ILoggerProvider, OtlpLogs>();
        }
    }

    // The standard variables decide about everything else: protocol, headers, sampler, intervals, resource.
    private static OpenTelemetrySdk Create(OtlpVariables variables, IConfiguration configuration) => OpenTelemetrySdk.Create(sdk =>
    {
        sdk.Services.AddSingleton(configuration);
        sdk.Services.AddLogging(log => log.SetMinimumLevel(LogLevel.Trace));
        sdk.ConfigureResource(r => r
            .AddService("ggrok-server", serviceVersion: Ggrok.Shared.Protocol.ProgramVersion.Current, serviceInstanceId: Environment.MachineName)
            .AddEnvironmentVariableDetector());
        if (variables.Exports(Signal.Traces))
        {
            sdk.WithTracing(t => t.AddSource(VisitorTracing.SourceName));
        }

        if (variables.Exports(Signal.Metrics))
        {
            sdk.WithMetrics(m => m.AddMeter(Instruments.MeterName).AddMeter("System.Runtime"));
        }

        sdk.UseOtlpExporter();
    });

    // Begins with the server, and sends what is left when it ends.
    private sealed class TelemetryLifetime(OpenTelemetrySdk sdk) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            GC.KeepAlive(sdk);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
