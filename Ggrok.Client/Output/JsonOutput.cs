using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output;

/// <summary>One JSON object a line, for programs. The field names are documented in <c>docs/cli.md</c> and stay as they are.</summary>
public sealed class JsonOutput(TextWriter output, TimeProvider time) : IClientEvents, IAsyncDisposable
{
    private readonly LineWriter _lines = new(output, dropped => string.Create(CultureInfo.InvariantCulture, $$"""{"event":"dropped","lines":{{dropped}}}"""));

    /// <inheritdoc/>
    public void Connecting(int attempt) => Write(new JsonEvent("connecting", Now()) { Attempt = attempt });

    /// <inheritdoc/>
    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
        foreach (PublicTunnel tunnel in tunnels)
        {
            Write(new JsonEvent("ready", Now())
            {
                Tunnel = tunnel.Name,
                Url = tunnel.Url.AbsoluteUri.TrimEnd('/'),
                Target = tunnel.Target.GetLeftPart(UriPartial.Authority),
                PoolMembers = tunnel.Pool?.Members,
                Balance = tunnel.Pool?.Balance,
                Match = tunnel.Match,
            });
        }
    }

    /// <inheritdoc/>
    public void Listening(string name, string address) => Write(new JsonEvent("listening", Now()) { Name = name, Listen = address });

    /// <inheritdoc/>
    public void Inspecting(Uri address) => Write(new JsonEvent("inspector", Now()) { Url = address.AbsoluteUri.TrimEnd('/') });

    /// <inheritdoc/>
    public void Notice(string message) => Write(new JsonEvent("notice", Now()) { Reason = message });

    /// <inheritdoc/>
    public void ConnectionCompleted(in ConnectionSummary connection) => Write(new JsonEvent("connection", Now())
    {
        Id = connection.Id,
        Tunnel = connection.Tunnel,
        Kind = connection.Kind.ToWire(),
        Remote = connection.Remote,
        Error = connection.Error == RelayError.None ? null : connection.Error.ToString(),
        DurationMs = Math.Round(connection.Duration.TotalMilliseconds, 3),
        BytesIn = connection.BytesIn,
        BytesOut = connection.BytesOut,
    });

    /// <inheritdoc/>
    public void Interrupted() => Write(new JsonEvent("interrupted", Now()));

    /// <inheritdoc/>
    public void Resumed(TimeSpan after) => Write(new JsonEvent("resumed", Now()) { DurationMs = Math.Round(after.TotalMilliseconds, 3) });

    /// <inheritdoc/>
    public void Lost(string reason, TimeSpan retryIn) =>
        Write(new JsonEvent("lost", Now()) { Reason = reason, RetryInSeconds = Math.Round(retryIn.TotalSeconds, 3) });

    /// <inheritdoc/>
    public void ExchangeCompleted(in ExchangeSummary exchange) => Write(new JsonEvent("request", Now())
    {
        Id = exchange.Id,
        Tunnel = exchange.Tunnel,
        Method = exchange.Method,
        Path = exchange.Target,
        Status = exchange.Status,
        Error = exchange.Error == RelayError.None ? null : exchange.Error.ToString(),
        DurationMs = Math.Round(exchange.Duration.TotalMilliseconds, 3),
        RequestBytes = exchange.RequestBytes,
        ResponseBytes = exchange.ResponseBytes,
    });

    /// <inheritdoc/>
    public void Draining(int running) => Write(new JsonEvent("draining", Now()) { Running = running });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private DateTimeOffset Now() => time.GetUtcNow();

    private void Write(JsonEvent line) => _lines.Write(JsonSerializer.Serialize(line, JsonEvents.Default.JsonEvent));
}

/// <summary>One line of <see cref="JsonOutput"/>; fields that do not concern the event are left out.</summary>
internal sealed record JsonEvent(string Event, DateTimeOffset Time)
{
    public int? Attempt { get; init; }

    public string? Id { get; init; }

    public string? Tunnel { get; init; }

    public string? Name { get; init; }

    public string? Listen { get; init; }

    public string? Kind { get; init; }

    public string? Remote { get; init; }

    public string? Url { get; init; }

    public string? Target { get; init; }

    public int? PoolMembers { get; init; }

    public string? Balance { get; init; }

    public string? Match { get; init; }

    public string? Method { get; init; }

    public string? Path { get; init; }

    public int? Status { get; init; }

    public string? Error { get; init; }

    public double? DurationMs { get; init; }

    public long? RequestBytes { get; init; }

    public long? ResponseBytes { get; init; }

    public long? BytesIn { get; init; }

    public long? BytesOut { get; init; }

    public string? Reason { get; init; }

    public double? RetryInSeconds { get; init; }

    public int? Running { get; init; }
}

/// <summary>Source-generated JSON of <see cref="JsonEvent"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonEvent))]
internal sealed partial class JsonEvents : JsonSerializerContext;
