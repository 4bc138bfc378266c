namespace Ggrok.Client.Inspector.Export;

/// <summary>Which names stand for secrets, whatever their spelling: <c>api_key</c>, <c>apiKey</c> and <c>X-API-Key</c> are one.</summary>
internal sealed class SecretNames
{
    private static readonly string[] Endings =
    [
        "token", "secret", "password", "passwd", "passphrase", "apikey", "accesskey", "secretkey", "privatekey", "authkey", "authorization", "credential", "credentials",
    ];

    private static readonly string[] Whole = ["cookie", "setcookie", "pwd", "sessionid"];

    // In an address a signature is as good as a password; in a field it belongs to one body.
    private static readonly string[] InAddresses = ["sig", "signature", "xamzsignature", "xgoogsignature"];

    private readonly HashSet<string> _named;

    /// <param name="named">Names that stand for secrets besides.</param>
    public SecretNames(IEnumerable<string> named) => _named = [.. Whole, .. named.Select(Plain)];

    /// <summary>Whether a field or a member has a secret as its value.</summary>
    public bool Contain(string name)
    {
        string plain = Plain(name);
        return _named.Contains(plain) || Endings.Any(e => plain.EndsWith(e, StringComparison.Ordinal));
    }

    /// <summary>Whether a parameter of an address has.</summary>
    public bool ContainParameter(string name) => Contain(name) || InAddresses.Contains(Plain(name));

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
