using System.CommandLine;
using Ggrok.Server.Tokens.Store;

namespace Ggrok.Server.Tokens.Commands;

/// <summary>Runs something with the token store of a command line.</summary>
internal delegate Task StoreUser(ParseResult parsed, Func<TokenStore, Task> use);

/// <summary><c>tokens create</c>: the secret alone goes to standard output, so that a script can take it.</summary>
internal sealed class CreateCommand(TextWriter output, TextWriter error, TimeProvider time, StoreUser store)
{
    private readonly Option<string?> _name = new("--name") { HelpName = "NAME", Description = "Name of the token in lists, logs and tokens revoke." };
    private readonly Option<bool> _print = new("--print") { Description = "Write no store: print the secret, and a line with its hash for GGROK_TOKENS." };
    private readonly GrantOptions _grants = new(time);

    public Command Build()
    {
        var create = new Command("create", "Makes a token and prints its secret, this once. Without limits it allows every tunnel.");
        create.Options.Add(_name);
        _grants.AddTo(create);
        create.Options.Add(_print);
        create.SetAction((parsed, _) => CreateAsync(parsed));
        return create;
    }

    private async Task<int> CreateAsync(ParseResult parsed)
    {
        string name = parsed.GetValue(_name) ?? throw new TokenUsageException("Whose token is it? Name it: --name ci");
        Grants grants = _grants.Read(parsed);
        if (parsed.GetValue(_print))
        {
            await PrintAsync(name, grants).ConfigureAwait(false);
            return 0;
        }

        await store(parsed, async tokens =>
        {
            CreatedToken created = await tokens.CreateAsync(name, grants, Environment.UserName).ConfigureAwait(false);
            await output.WriteLineAsync(created.Secret).ConfigureAwait(false);
            await error.WriteLineAsync($"Token {name} allows {Allowed(grants)}. Its secret is shown this once. Use it with: ggrok --token SECRET, or GGROK_TOKEN").ConfigureAwait(false);
        }).ConfigureAwait(false);
        return 0;
    }

    private async Task PrintAsync(string name, Grants grants)
    {
        string line;
        string secret = TokenSecret.Make();
        try
        {
            line = $"{TokenSecret.WriteHash(TokenSecret.HashOf(secret))} {GrantWords.Write(grants, GrantWords.Name(name))}";
        }
        catch (FormatException e)
        {
            throw new TokenUsageException(e.Message + ".");
        }

        await output.WriteLineAsync(secret).ConfigureAwait(false);
        await output.WriteLineAsync(line).ConfigureAwait(false);
        await error.WriteLineAsync("The first line is the client's token and is shown this once; add the second one to GGROK_TOKENS, or to the file of GGROK_TOKENS_FILE.").ConfigureAwait(false);
    }

    internal static string Allowed(Grants grants) => GrantWords.Write(grants) is { Length: > 0 } words ? words : "every tunnel";
}
