using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Server.Metrics.Traffic;

namespace Ggrok.Server.Dashboard.Http.Contracts;

/// <summary>Source-generated JSON of the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(LoginOrder))]
[JsonSerializable(typeof(IReadOnlyList<TunnelBody>))]
[JsonSerializable(typeof(IReadOnlyList<ClientBody>))]
[JsonSerializable(typeof(StatsBody))]
[JsonSerializable(typeof(PointBody))]
[JsonSerializable(typeof(IReadOnlyList<TailEntry>))]
[JsonSerializable(typeof(MissedBody))]
[JsonSerializable(typeof(IReadOnlyList<TokenBody>))]
[JsonSerializable(typeof(TokenOrder))]
[JsonSerializable(typeof(CreatedBody))]
internal sealed partial class DashboardJson : JsonSerializerContext
{
    /// <summary>As it is sent: never part of HTML, so quotes and letters of all languages may stay as they are.</summary>
    public static DashboardJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
