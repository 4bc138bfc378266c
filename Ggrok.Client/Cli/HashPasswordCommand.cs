using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Shared.Edge;
using Ggrok.Shared.Edge.Credentials;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok hash-password</c>: a user for the server's policy file, without the password.</summary>
internal sealed class HashPasswordCommand(TextWriter output, TextReader input)
{
    private readonly Argument<string> _user = new("user") { Description = "The user's name." };

    public Command Build()
    {
        var command = new Command("hash-password", "Hash the password on standard input, for auth in the server's policy file.");
        command.Arguments.Add(_user);
        command.SetAction(Hash);
        return command;
    }

    private int Hash(ParseResult parsed)
    {
        PolicyKey key = PolicyKeys.Find(AuthOptions.UserKey)!;
        string user = parsed.GetValue(_user)!;
        string value = $"{user}:{input.ReadLine()}";
        try
        {
            key.Check([value]);
        }
        catch (FormatException e)
        {
            throw new UsageException($"Give the user and, on standard input, the password: ggrok hash-password anna < password.txt; {e.Message}");
        }

        if (user.Contains(':'))
        {
            throw new UsageException($"{user.Quoted()} has a colon, which ends a user's name; the password is read from standard input.");
        }

        output.WriteLine(key.Seal!(value));
        return (int)ExitCode.Ok;
    }
}
