using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Client.Inbox.Contracts;
using Ggrok.Client.Inspector.Replay;
using Ggrok.Client.Inspector.Rules;

namespace Ggrok.Client.Inspector.Http.Contracts;

/// <summary>Source-generated JSON of the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(SessionDetails))]
[JsonSerializable(typeof(StatusDetails))]
[JsonSerializable(typeof(ExchangePage))]
[JsonSerializable(typeof(ExchangeDetails))]
[JsonSerializable(typeof(ExchangeRow))]
[JsonSerializable(typeof(IReadOnlyList<ExchangeRow>))]
[JsonSerializable(typeof(IReadOnlyList<StatsPoint>))]
[JsonSerializable(typeof(StatsPoint))]
[JsonSerializable(typeof(SkippedDetails))]
[JsonSerializable(typeof(MessagePage))]
[JsonSerializable(typeof(IReadOnlyList<RuleDetails>))]
[JsonSerializable(typeof(RuleDetails))]
[JsonSerializable(typeof(ReleaseOrder))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(ReplayOrder))]
[JsonSerializable(typeof(DiffDetails))]
[JsonSerializable(typeof(InboxView))]
[JsonSerializable(typeof(StoredDetails))]
[JsonSerializable(typeof(InboxItem))]
[JsonSerializable(typeof(InboxCount))]
internal sealed partial class InspectorJson : JsonSerializerContext
{
    /// <summary>As it is sent: never part of HTML, so quotes and letters of all languages may stay as they are.</summary>
    public static InspectorJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
