namespace Ggrok.Shared.Edge.Credentials;

/// <summary>Users with passwords (RFC 7617).</summary>
public sealed record AuthOptions
{
    /// <summary>Key of a user.</summary>
    public const string UserKey = "auth";

    private const int LongestName = 200;
    private const int LongestPassword = 500;

    /// <summary>The keys of this policy.</summary>
    public static IReadOnlyList<PolicyKey> Keys { get; } =
    [
        new(UserKey, "USER:PASSWORD", "Let visitors pass who know this user and password (Basic); several with the option given again.", values => Parse(values))
            { Form = PolicyForm.Texts, IsSecret = true, Seal = Seal },
    ];

    /// <summary>The users.</summary>
    public IReadOnlyList<AuthUser> Users { get; init; } = [];

    /// <summary>Reads the values.</summary>
    /// <exception cref="FormatException">One is not valid; the message says what to write, and shows no password.</exception>
    public static AuthOptions Parse(IReadOnlyList<string> values)
    {
        AuthUser[] users = [.. values.Select(User)];
        string? twice = users.GroupBy(u => u.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Skip(1).Any())?.Key;
        return twice is null
            ? new() { Users = users }
            : throw new FormatException($"the user {Protocol.Printable.Clean(twice)} is written twice; write it once");
    }

    // What the server need not know it is not told.
    private static string Seal(string value)
    {
        AuthUser user = User(value);
        return $"{user.Name}:{user.Hash ?? PasswordHash.Of(user.Password!)}";
    }

    private static AuthUser User(string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == value.Length - 1 || value.Any(char.IsControl))
        {
            throw new FormatException("write USER:PASSWORD, or USER: and a hash of the password");
        }

        (string name, string password) = (value[..colon], value[(colon + 1)..]);
        if (name.Length > LongestName || password.Length > LongestPassword)
        {
            throw new FormatException($"a user's name has at most {LongestName} characters, and a password {LongestPassword}");
        }

        if (!password.StartsWith(PasswordHash.Prefix, StringComparison.Ordinal))
        {
            return new AuthUser(name, null, password);
        }

        return PasswordHash.TryParse(password, out PasswordHash? hash)
            ? new AuthUser(name, hash, null)
            : throw new FormatException($"what follows the user begins like a hash and is none; write {PasswordHash.Prefix}ROUNDS$SALT$HASH with 1000 to 1000000 rounds");
    }
}

/// <summary>One user; has either the hash or the password.</summary>
/// <param name="Name">The name; has no colon.</param>
/// <param name="Hash">Hash of the password, where that is what was written.</param>
/// <param name="Password">The password, where it was written as it is.</param>
public sealed record AuthUser(string Name, PasswordHash? Hash, string? Password);
