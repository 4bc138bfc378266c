using System.Collections.Concurrent;
using Ggrok.Shared.Edge.Credentials;
using Microsoft.IdentityModel.Tokens;

namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>What is known of OpenID Connect providers and their keys: asked for when it is needed, and kept for a while.</summary>
internal sealed class ProviderDirectory(ProviderHttp http, TimeProvider time)
{
    private const int Most = 500;

    private readonly ConcurrentDictionary<(string Issuer, bool IsGuarded), KnownProvider> _known = new();

    /// <summary>The provider.</summary>
    /// <param name="provider">Which.</param>
    /// <param name="isGuarded">Whether a client named it.</param>
    public KnownProvider Of(LoginProvider provider, bool isGuarded)
    {
        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        return _known.GetOrAdd((provider.Text, isGuarded), static (key, x) => new KnownProvider(x.provider, key.IsGuarded, x.http, x.time), (provider, http, time));
    }
}

/// <summary>What is known of one provider.</summary>
internal sealed class KnownProvider(LoginProvider provider, bool isGuarded, ProviderHttp http, TimeProvider time)
{
    private static readonly TimeSpan FactsAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeastKeyAge = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1);
    private (ProviderFacts Facts, long Since)? _facts;
    private (JsonWebKey[] Keys, long Since)? _keys;
    private (LoginException Failure, long Since)? _failure;

    /// <summary>What it says of itself.</summary>
    /// <exception cref="LoginException">It cannot be asked.</exception>
    public async ValueTask<ProviderFacts> FactsAsync()
    {
        if (_facts is { } known && time.GetElapsedTime(known.Since) < FactsAge)
        {
            return known.Facts;
        }

        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_facts is { } fresh && time.GetElapsedTime(fresh.Since) < FactsAge)
            {
                return fresh.Facts;
            }

            // Visitors must not make the server ask a provider that is down as often as they come.
            if (_failure is { } failed && time.GetElapsedTime(failed.Since) < RetryAfter)
            {
                throw failed.Failure;
            }

            ProviderFacts facts = ProviderFacts.Read(await http.GetAsync(new Uri(provider.Text + "/.well-known/openid-configuration"), isGuarded).ConfigureAwait(false), provider);
            _facts = (facts, time.GetTimestamp());
            return facts;
        }
        catch (LoginException e)
        {
            if (_failure?.Failure != e)
            {
                _failure = (e, time.GetTimestamp());
            }

            // What it said an hour ago is better than no login.
            return _facts?.Facts ?? throw e;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Its keys with this id, asked for anew when there is none: providers change their keys. Without an id all.</summary>
    /// <exception cref="LoginException">It cannot be asked.</exception>
    public async ValueTask<IReadOnlyList<SecurityKey>> KeysAsync(ProviderFacts facts, string? id)
    {
        if (_keys is { } known && time.GetElapsedTime(known.Since) < FactsAge && Matching(known.Keys, id) is { Length: > 0 } found)
        {
            return found;
        }

        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            // Not as often as somebody comes with made up ids.
            if (_keys is not { } old || time.GetElapsedTime(old.Since) >= LeastKeyAge)
            {
                string json = (await http.GetAsync(facts.Keys, isGuarded).ConfigureAwait(false)).GetRawText();
                _keys = (Usable(json), time.GetTimestamp());
            }

            return Matching(_keys.Value.Keys, id);
        }
        catch (ArgumentException e)
        {
            throw LoginException.Provider($"{provider.Name} has keys that cannot be read.", e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private static JsonWebKey[] Matching(JsonWebKey[] keys, string? id) => id is null ? keys : Array.FindAll(keys, k => k.KeyId == id);

    // Public keys for signatures alone. A symmetric one among them would make of a public text a secret.
    private static JsonWebKey[] Usable(string json) =>
        [.. new JsonWebKeySet(json).Keys.Where(k => k.Kty is JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve && k.Use is null or "" or "sig")];
}
