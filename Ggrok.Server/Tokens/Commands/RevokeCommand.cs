using System.CommandLine;

namespace Ggrok.Server.Tokens.Commands;

/// <summary><c>tokens revoke</c>: ends a token, and with it the sessions that it opened.</summary>
internal sealed class RevokeCommand(TextWriter error, StoreUser store)
{
    private readonly Argument<string?> _name = new("name") { Arity = ArgumentArity.ZeroOrOne, Description = "Name of the token, as tokens list shows it." };

    public Command Build()
    {
        var revoke = new Command("revoke", "Ends a token and its sessions.");
        revoke.Arguments.Add(_name);
        revoke.SetAction((parsed, _) => RevokeAsync(parsed));
        return revoke;
    }

    private async Task<int> RevokeAsync(ParseResult parsed)
    {
        string name = parsed.GetValue(_name) ?? throw new TokenUsageException("Which token? Name it: dotnet Ggrok.Server.dll tokens revoke NAME");
        await store(parsed, async tokens =>
        {
            if (!await tokens.RevokeAsync(name, Environment.UserName).ConfigureAwait(false))
            {
                throw new TokenUsageException($"There is no token \"{Ggrok.Shared.Protocol.Printable.Clean(name)}\" in the store; tokens list shows them. Those of GGROK_TOKENS and GGROK_TOKENS_FILE are ended there.");
            }

            await error.WriteLineAsync($"Token {name} is revoked. A server that runs ends its sessions within a second or two.").ConfigureAwait(false);
        }).ConfigureAwait(false);
        return 0;
    }
}
