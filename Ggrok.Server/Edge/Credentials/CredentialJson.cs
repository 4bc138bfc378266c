using System.Text.Json.Serialization;
using Ggrok.Server.Edge.Credentials.Login;
using Ggrok.Server.Edge.Credentials.Share;

namespace Ggrok.Server.Edge.Credentials;

/// <summary>JSON of what is sealed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ShareTicket))]
[JsonSerializable(typeof(LoginTicket))]
[JsonSerializable(typeof(LoginState))]
internal sealed partial class CredentialJson : JsonSerializerContext;
