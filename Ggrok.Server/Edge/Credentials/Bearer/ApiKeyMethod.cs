using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Bearer;

/// <summary>A secret in a header field of its own.</summary>
internal sealed class ApiKeyMethod(string field, IReadOnlyList<SecretHash> keys) : ICredentialMethod
{
    // No registered scheme says it; programs that look there learn which field is wanted from the tunnel's owner.
    public string Challenge(string realm) => $"ApiKey realm={realm}";

    public ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses) =>
        ValueTask.FromResult(exchange.Context.Request.Headers[field] is [{ } value]
            ? SecretField.Compare(value, keys, field, guesses)
            : Finding.Nothing);
}
