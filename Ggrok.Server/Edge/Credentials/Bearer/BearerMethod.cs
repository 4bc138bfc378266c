using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Server.Edge.Credentials.Bearer;

/// <summary>A token in the Authorization field (RFC 6750 section 2.1).</summary>
internal sealed class BearerMethod(IReadOnlyList<SecretHash> tokens) : ICredentialMethod
{
    private const string Scheme = "Bearer ";

    public string Challenge(string realm) => $"Bearer realm={realm}";

    public ValueTask<Finding> LookAsync(EdgeExchange exchange, Guesses guesses) =>
        ValueTask.FromResult(exchange.Context.Request.Headers.Authorization is [{ } field] && field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? SecretField.Compare(field[Scheme.Length..].Trim(), tokens, "Authorization", guesses)
            : Finding.Nothing);
}
