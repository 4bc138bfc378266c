using System.CommandLine;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Remote;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok requests har</c>: requests as a HAR 1.2 file, which browsers and other tools read.</summary>
internal sealed class HarCommand(CommandOutput output) : InspectorCommand(output)
{
    private readonly Argument<string?> _file = new("file") { Arity = ArgumentArity.ZeroOrOne, Description = "Where to write it; standard output without." };
    private readonly Option<string?> _only = TextOption.Make("--only", null, "NUMBERS", "Only these requests: 12-40,45. [default: all]");
    private readonly RequestFilterOptions _filter = new();
    private readonly Option<bool> _secrets = new("--secrets") { Description = "Write Authorization, Cookie and other secrets as they are." };
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite a file that is there." };

    public Command Build()
    {
        var command = new Command("har", "Write requests as a HAR file.");
        command.Arguments.Add(_file);
        _filter.AddTo(command);
        foreach (Option option in (Option[])[_only, _secrets, _force])
        {
            command.Options.Add(option);
        }

        SetUp(command, WriteAsync, json: false);
        return command;
    }

    private async Task<ExitCode> WriteAsync(ParseResult parsed, SettingSources sources, InspectorClient client, CancellationToken stop)
    {
        string? file = parsed.GetValue(_file);
        if (file is not null && File.Exists(file) && !parsed.GetValue(_force))
        {
            throw new UsageException($"{file} is there already; give another name, or --force to overwrite it.");
        }

        (string Name, string Value)[] query = _filter.Query(sources);
        RequestFilterOptions.Filter(query);
        IEnumerable<(string Name, string Value)> numbers = sources.Option(_only)?.As(Numbers) is { } only ? [("numbers", only)] : [];
        IEnumerable<(string Name, string Value)> all = [.. query, .. numbers, ("secrets", parsed.GetValue(_secrets) ? "true" : "false")];
        byte[] har = await client.GetBytesAsync(RequestFilterOptions.Path("/api/har", all), stop).ConfigureAwait(false);
        if (file is null)
        {
            Stream stream = Output.Bytes();
            await stream.WriteAsync(har, stop).ConfigureAwait(false);
            await stream.FlushAsync(stop).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        try
        {
            await File.WriteAllBytesAsync(file, har, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InspectorException($"{file} cannot be written: {e.Message}");
        }

        await Output.Text.WriteLineAsync($"Written to {file}.").ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static string Numbers(string text) => text.All(c => char.IsAsciiDigit(c) || c is ',' or '-' or ' ')
        ? text
        : throw new UsageException($"{text.Quoted()} are no numbers of requests; write them like 12-40,45.");
}
