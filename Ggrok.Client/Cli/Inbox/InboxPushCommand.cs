using System.CommandLine;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Inbox.Files;
using Ggrok.Client.Inbox.Push;
using Ggrok.Client.Output;
using Ggrok.Client.Output.Requests;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli.Inbox;

/// <summary><c>ggrok inbox push</c>: sends requests out of files to a local service. Neither server nor client is asked.</summary>
internal sealed class InboxPushCommand(CommandOutput output)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _files = new("file")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = $"Files that ggrok inbox pull wrote, or folders of them, which are sent in order of arrival; also files written by hand.",
    };

    private readonly Option<string?> _to = TextOption.Make("--to", null, "URL", "Local service: http://localhost:3000, or its port.");
    private readonly Option<bool> _insecure = new("--insecure-target") { Description = "Accept a self-signed certificate of an https service." };
    private readonly Option<string?> _hostHeader = TextOption.Make("--host-header", null, "MODE", "Host header for the local service: rewrite (its own address), preserve (that of the file) or a value. [default: rewrite]");
    private readonly Option<string[]> _header = HeaderFieldOption.Make("Another header field in place of the file's, as in 'X-Mode: test'. May be repeated.");
    private readonly Option<string[]> _remove = new("--remove") { HelpName = "NAME", Description = "Leave a header field out. May be repeated.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string?> _prefix = TextOption.Make("--strip-prefix", null, "PREFIX", "Remove a prefix of the path, as a tunnel with --strip-path does.");
    private readonly Option<string?> _timeout = TextOption.Make("--timeout", null, "TIME", "How long each may take. [default: 2m]");
    private readonly Option<bool> _json = new("--json") { Description = "Write a JSON object for each file." };

    public Command Build()
    {
        var command = new Command("push", "Send webhooks out of files to a local service, as the tunnel would.");
        command.Arguments.Add(_files);
        foreach (Option option in (Option[])[_to, _insecure, _hostHeader, _header, _remove, _prefix, _timeout, _json])
        {
            command.Options.Add(option);
        }

        command.SetAction(PushAsync);
        return command;
    }

    private async Task<int> PushAsync(ParseResult parsed, CancellationToken stop)
    {
        var sources = new SettingSources(parsed, _ => null, new Dictionary<string, Setting>());
        var tunnel = new LocalTunnel
        {
            Name = "push",
            Target = (sources.Option(_to) ?? throw new UsageException("Where to? Pass --to http://localhost:3000")).As(TargetAddress.Parse),
            InsecureTarget = parsed.GetValue(_insecure),
            HostHeader = sources.Option(_hostHeader)?.As(SettingValues.HostHeader) ?? LocalTunnel.HostHeaderRewrite,
        };
        TimeSpan timeout = sources.Option(_timeout)?.As(Timeout) ?? DefaultTimeout;
        var edits = new HeaderEdits([.. sources.Options(_header).Select(s => s.As(Given))], [.. sources.Options(_remove).Select(s => s.As(Name))]);
        string prefix = sources.Option(_prefix)?.As(Prefix) ?? "/";
        try
        {
            // All are read first: a mistake in the last file must not be found when the others are sent.
            RequestFile[] requests = [.. Files(parsed.GetValue(_files)!).Select(f => new RequestFileReader(f).Read(edits)).Select(r => r.Without(prefix))];
            await using var pusher = new Pusher(tunnel, timeout, TimeProvider.System);
            return (int)await SendAsync(pusher, tunnel, requests, parsed.GetValue(_json), stop).ConfigureAwait(false);
        }
        catch (RequestFileException e)
        {
            await output.WarnAsync(e.Message).ConfigureAwait(false);
            return (int)ExitCode.Usage;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (int)ExitCode.Failed;
        }
    }

    private async Task<ExitCode> SendAsync(Pusher pusher, LocalTunnel tunnel, RequestFile[] requests, bool asJson, CancellationToken stop)
    {
        int taken = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            PushResult result = await pusher.SendAsync(requests[i], stop).ConfigureAwait(false);
            taken += result.IsTaken ? 1 : 0;
            await output.Text.WriteLineAsync(asJson ? JsonSerializer.Serialize(LineOf(result), InboxCommandJson.Relaxed.PushLine) : TextOf(result)).ConfigureAwait(false);
            if (result.Error is RelayError.LocalUnreachable or RelayError.LocalTlsFailed)
            {
                // The others would fare no better.
                await output.WarnAsync($"{RelayFailure.Of(result.Error).Title} ({tunnel.Target.GetLeftPart(UriPartial.Authority)}); {Readable.Count(i)} of {Readable.Count(requests.Length, "request")} were sent.").ConfigureAwait(false);
                return ExitCode.Failed;
            }
        }

        if (taken < requests.Length)
        {
            await output.WarnAsync($"{Readable.Count(requests.Length - taken)} of {Readable.Count(requests.Length, "request")} got no answer of the 2xx class.").ConfigureAwait(false);
        }

        return taken == requests.Length ? ExitCode.Ok : ExitCode.Failed;
    }

    private string TextOf(PushResult result)
    {
        string status = result.Error == RelayError.None ? result.Status.ToString(System.Globalization.CultureInfo.InvariantCulture) : result.Error.ToString();
        return $"{output.Palette.Status(status, result.Status, !result.IsTaken)}  {Readable.Duration(result.Duration),8}  {result.Request.Method} {SafeText.Line(result.Request.Target)}  {output.Palette.Quiet(result.Request.Path)}";
    }

    private static PushLine LineOf(PushResult result) => new(
        result.Request.Path, result.Request.DeliveryId, result.Request.Method, result.Request.Target, result.Status,
        result.Error == RelayError.None ? null : result.Error.ToString(), Math.Round(result.Duration.TotalMilliseconds, 3), result.Request.BodyLength, result.ResponseBytes);

    private static IEnumerable<string> Files(string[] given)
    {
        foreach (string path in given)
        {
            if (!Directory.Exists(path))
            {
                yield return path;
                continue;
            }

            // Their names begin with the time of arrival.
            string[] within = [.. Directory.EnumerateFiles(path, "*" + RequestFile.Extension).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
            if (within.Length == 0)
            {
                throw new RequestFileException($"{path} holds no {RequestFile.Extension} files.");
            }

            foreach (string file in within)
            {
                yield return file;
            }
        }
    }

    private static HeaderField Given(string text)
    {
        HeaderField field = HeaderFieldOption.Parse(text);
        string? problem = field.Name.ToLowerInvariant() switch
        {
            "host" => "Host is set with --host-header.",
            "content-length" or "transfer-encoding" or "connection" or "upgrade" => $"{field.Name} follows the body and the connection; leave it out.",
            _ when field.Value.Length == 0 => $"{text.Quoted()} has no value; leave a field out with --remove {field.Name}",
            _ when !HeaderField.IsValue(field.Value) => $"The value of {field.Name} cannot stand in a field; characters beyond U+00FF must be encoded.",
            _ => null,
        };
        return problem is null ? field : throw new UsageException(problem);
    }

    private static string Name(string text) => HeaderField.IsName(text) ? text : throw new UsageException($"{text.Quoted()} is no name of a header field; write it like X-Mode.");

    private static string Prefix(string text) => text.StartsWith('/') && RequestTarget.IsSafe(text) && !text.Contains('?', StringComparison.Ordinal)
        ? text.TrimEnd('/') is { Length: > 0 } prefix ? prefix : "/"
        : throw new UsageException($"{text.Quoted()} is no prefix of a path; write it like /alice");

    private static TimeSpan Timeout(string text) => SettingValues.Duration(text) is var timeout && timeout > TimeSpan.Zero
        ? timeout
        : throw new UsageException("A request needs some time; write it like 30s.");
}
