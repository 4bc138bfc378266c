using System.Text;
using Ggrok.Tests.Metrics;
using Ggrok.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Tests.Telemetry;

/// <summary>What a collector is told, and what the fields of a trace look like behind the tunnel.</summary>
public sealed class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string VisitorSpan = "b7ad6b7169203331";
    private const string TraceParent = $"00-{TraceId}-{VisitorSpan}-01";

    [Fact]
    public async Task A_trace_goes_on_through_the_tunnel_with_a_span_at_each_end()
    {
        await using Collector collector = await Collector.StartAsync();
        string? parent = null;
        string? state = null;
        await using LocalApp app = await LocalApp.StartAsync(context =>
        {
            parent = context.Request.Headers.TraceParent;
            state = context.Request.Headers.TraceState;
            return context.Response.WriteAsync("hello");
        });
        await using RunningServer server = await RunningServer.StartAsync(collector.Variables);
        await using RunningProgram client = StartClient(server, app, collector.Variables);
        await client.LineAsync("http://127.0.0.1");
        using HttpResponseMessage answer = await GetAsync(server, "/orders/7?token=top-secret", ("traceparent", TraceParent), ("tracestate", "vendor=value,other=1"));
        answer.EnsureSuccessStatusCode();

        ExportedSpan atServer = await collector.SpanAsync(s => s.Kind == Collector.ServerKind);
        ExportedSpan atClient = await collector.SpanAsync(s => s.Kind == Collector.ClientKind);
        atServer.TraceId.ShouldBe(TraceId);
        atServer.ParentId.ShouldBe(VisitorSpan);
        atClient.TraceId.ShouldBe(TraceId);
        atClient.ParentId.ShouldBe(atServer.SpanId);
        parent.ShouldBe($"00-{TraceId}-{atClient.SpanId}-01");
        state.ShouldBe("vendor=value,other=1");

        atServer.Service.ShouldBe("ggrok-server");
        atServer.Name.ShouldBe("GET");
        atServer.Tags["http.request.method"].ShouldBe("GET");
        atServer.Tags["url.path"].ShouldBe("/orders/7");
        atServer.Tags["http.response.status_code"].ShouldBe("200");
        atServer.Tags["ggrok.tunnel"].ShouldBe("127.0.0.1");
        atServer.Tags["client.address"].ShouldBe("127.0.0.1");
        atServer.Tags["ggrok.request_id"].ShouldBe(answer.Headers.GetValues("X-Request-ID").Single());
        atServer.Tags.Keys.ShouldNotContain("ggrok.error");
        atServer.Status.ShouldBe(0);
        atClient.Service.ShouldBe("ggrok-client");
        atClient.Tags["url.full"].ShouldBe(app.Url.GetLeftPart(UriPartial.Authority) + "/orders/7");
        atClient.Tags["ggrok.request_id"].ShouldBe(atServer.Tags["ggrok.request_id"]);
        collector.Raw.ShouldAllBe(b => !Encoding.Latin1.GetString(b).Contains("top-secret"));
    }

    [Fact]
    public async Task A_failure_is_named_on_both_spans()
    {
        await using Collector collector = await Collector.StartAsync();
        LocalApp app = await LocalApp.StartAsync(_ => Task.CompletedTask, port: FreePorts.One());
        await using RunningServer server = await RunningServer.StartAsync(collector.Variables);
        await using RunningProgram client = StartClient(server, app, collector.Variables);
        await client.LineAsync("http://127.0.0.1");
        await app.DisposeAsync();
        using HttpResponseMessage answer = await GetAsync(server, "/");
        ((int)answer.StatusCode).ShouldBe(502);

        foreach (int kind in (int[])[Collector.ServerKind, Collector.ClientKind])
        {
            ExportedSpan span = await collector.SpanAsync(s => s.Kind == kind);
            span.Tags["ggrok.error"].ShouldBe("LocalUnreachable");
            span.Tags["error.type"].ShouldBe("LocalUnreachable");
            span.Status.ShouldBe(Collector.ErrorStatus);
        }

        // A visitor's mistake is no failure of the server.
        using HttpResponseMessage unknown = await GetAsync(server, "/", ("Host", "unknown.example"));
        ExportedSpan mistaken = await collector.SpanAsync(s => s.Tags.GetValueOrDefault("ggrok.error") == "NoTunnel");
        mistaken.Status.ShouldBe(0);
        mistaken.Tags.Keys.ShouldNotContain("error.type");
    }

    [Fact]
    public async Task Without_a_collector_the_fields_of_a_trace_pass_untouched()
    {
        var seen = new List<string>();
        await using GgrokEnvironment environment = await GgrokEnvironment.StartAsync(context =>
        {
            seen.Add(context.Request.Headers.TraceParent + " " + context.Request.Headers.TraceState);
            return Task.CompletedTask;
        });
        (await GetAsync(environment.Server, "/", ("traceparent", TraceParent), ("tracestate", "vendor=value"))).Dispose();
        (await GetAsync(environment.Server, "/", ("traceparent", "no such thing"))).Dispose();
        (await GetAsync(environment.Server, "/")).Dispose();
        seen.ShouldBe([TraceParent + " vendor=value", "no such thing ", " "]);
        environment.Server.App.Services.GetService(typeof(Ggrok.Server.Metrics.Otlp.VisitorTracing)).ShouldBeNull();
        environment.Server.App.Services.GetService(typeof(Ggrok.Server.Metrics.Otlp.Instruments)).ShouldBeNull();
    }

    [Fact]
    public async Task The_sampler_variable_decides_and_the_decision_travels()
    {
        await using Collector collector = await Collector.StartAsync();
        string? parent = null;
        await using MetricsScene scene = await MetricsScene.StartAsync(
            context =>
            {
                parent = context.Request.Headers.TraceParent;
                return Task.CompletedTask;
            },
            [.. collector.Variables, ("OTEL_TRACES_SAMPLER", "always_off")]);
        (await GetAsync(scene.Server, "/", ("traceparent", TraceParent))).Dispose();

        parent.ShouldNotBeNull().ShouldStartWith($"00-{TraceId}-");
        parent.ShouldEndWith("-00");
        parent.ShouldNotContain(VisitorSpan);
        await Eventually.BecomesAsync(() => Task.FromResult(collector.Values.Any(v => v.Metric == "http.server.request.duration")), true);
        collector.Spans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_parents_are_none()
    {
        await using Collector collector = await Collector.StartAsync();
        await using MetricsScene scene = await MetricsScene.StartAsync(settings: collector.Variables);
        using var socket = await RawSocket.ConnectAsync(scene.Server.Url);
        await socket.SendAsync($"GET / HTTP/1.1\r\nHost: {scene.Host}\r\ntraceparent: {TraceParent}\r\ntraceparent: {TraceParent}\r\nConnection: close\r\n\r\n");
        await socket.ReadToEndAsync();
        ExportedSpan span = await collector.SpanAsync(_ => true);
        span.TraceId.ShouldNotBe(TraceId);
        span.ParentId.ShouldBeEmpty();
    }

    [Fact]
    public async Task Metrics_are_exported_under_the_same_figures_as_a_scrape_tells()
    {
        await using Collector collector = await Collector.StartAsync();
        await using MetricsScene scene = await MetricsScene.StartAsync(settings: collector.Variables);
        (await scene.GetAsync("/bytes/1000")).Dispose();
        (await scene.GetAsync("/status/503")).Dispose();
        bool Has(string metric, double value, params (string Name, string Value)[] tags) => collector.Values.Any(v =>
            v.Metric == metric && v.Value.Equals(value) && tags.All(t => v.Tags.GetValueOrDefault(t.Name) == t.Value));

        foreach (Func<bool> wanted in (Func<bool>[])
        [
            () => Has("http.server.request.duration", 1, ("ggrok.tunnel", scene.Host), ("http.response.status_code", "200"), ("http.request.method", "GET"), ("url.scheme", "http")),
            () => Has("http.server.request.duration", 1, ("http.response.status_code", "503"), ("error.type", "503")),
            () => Has("ggrok.response.bytes", 1000, ("ggrok.tunnel", scene.Host)),
            () => Has("ggrok.sessions", 1),
            () => Has("http.server.active_requests", 0, ("ggrok.tunnel", scene.Host)),
            () => collector.Values.Any(v => v.Metric == "dotnet.gc.collections"),
        ])
        {
            await Eventually.BecomesAsync(() => Task.FromResult(wanted()), true);
        }

        collector.Values.First(v => v.Metric == "http.server.request.duration").Unit.ShouldBe("s");
    }

    [Fact]
    public async Task Log_lines_are_exported_with_the_trace_of_their_request()
    {
        await using Collector collector = await Collector.StartAsync();
        await using MetricsScene scene = await MetricsScene.StartAsync(settings: collector.Variables);
        (await GetAsync(scene.Server, "/somewhere?key=top-secret", ("traceparent", TraceParent))).Dispose();
        await Eventually.BecomesAsync(() => Task.FromResult(collector.Lines.Any(l => l.Tags.GetValueOrDefault("Path") == "/somewhere")), true);
        ExportedLine line = collector.Lines.First(l => l.Tags.GetValueOrDefault("Path") == "/somewhere");
        ExportedSpan span = await collector.SpanAsync(s => s.Tags["url.path"] == "/somewhere");
        line.TraceId.ShouldBe(TraceId);
        line.SpanId.ShouldBe(span.SpanId);
        line.Tags["Status"].ShouldBe("200");
        line.Tags["ElapsedMs"].ShouldNotBeEmpty();
        collector.Raw.ShouldAllBe(b => !Encoding.Latin1.GetString(b).Contains("top-secret"));
    }

    [Fact]
    public async Task Each_signal_can_be_left_out()
    {
        await using Collector collector = await Collector.StartAsync();
        await using MetricsScene scene = await MetricsScene.StartAsync(
            settings: [.. collector.Variables, ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")]);
        (await scene.GetAsync("/")).Dispose();
        await collector.SpanAsync(_ => true);
        scene.Server.App.Services.GetService(typeof(Ggrok.Server.Metrics.Otlp.Instruments)).ShouldBeNull();
        collector.Lines.ShouldBeEmpty();
        collector.Values.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_endpoint_that_is_no_address_stops_both_programs_with_a_sentence()
    {
        (string, string)[] variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")];
        Ggrok.Server.Hosting.SettingsException refused = await Should.ThrowAsync<Ggrok.Server.Hosting.SettingsException>(() => RunningServer.StartAsync(variables));
        refused.Message.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT: \"collector:4317\" is no address of a collector; write http://localhost:4317");

        await using RunningProgram client = RunningProgram.Start(
            "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" --server http://127.0.0.1:1 --port 3000", environment: variables);
        (await client.ExitAsync()).ShouldBe(2);
        client.Output.ShouldContain("write http://localhost:4317");
    }

    private static RunningProgram StartClient(RunningServer server, LocalApp app, IEnumerable<(string Name, string Value)> environment) => RunningProgram.Start(
        "dotnet",
        $"\"{Path.Combine(AppContext.BaseDirectory, "ggrok.dll")}\" --server {server.Url.AbsoluteUri} --target {app.Url.GetLeftPart(UriPartial.Authority)} --inspect off",
        environment: environment);

    private static async Task<HttpResponseMessage> GetAsync(RunningServer server, string path, params (string Name, string Value)[] fields)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null }) { Timeout = Within.Limit };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
        foreach ((string name, string value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        HttpResponseMessage answer = await http.SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }
}
