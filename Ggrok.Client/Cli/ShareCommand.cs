using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ggrok.Client.Connection;
using Ggrok.Client.Output;
using Ggrok.Client.Sharing;
using Ggrok.Shared.Certificates;
using Ggrok.Shared.Edge.Credentials;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Sharing;

namespace Ggrok.Client.Cli;

/// <summary><c>ggrok share</c>: links that let somebody into a tunnel of this installation that wants credentials.</summary>
internal sealed class ShareCommand(ClientRun run, TextWriter output, TextWriter error)
{
    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(24);

    private readonly SessionOptions _session = new();

    private readonly Argument<string?> _tunnel = new("tunnel")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The tunnel: its public URL, or its name in ggrok.yml. Not needed when there is one.",
    };

    private readonly Option<string?> _expires = TextOption.Make("--expires", null, "TIME", "How long the link is good, and what it gives: 30m, 2h, 7d, at most 30d. [default: 24h]");
    private readonly Option<string?> _uses = TextOption.Make("--uses", null, "N", "In how many browsers it can be opened. [default: 1]");
    private readonly Option<bool> _once = new("--once") { Description = "The same as --uses 1." };
    private readonly Option<string?> _path = TextOption.Make("--path", null, "PATH", "Where visitors land: /drafts/2?page=1");
    private readonly Option<bool> _list = new("--list") { Description = "Show the links that are good, without their secrets." };
    private readonly Option<string?> _revoke = TextOption.Make("--revoke", null, "ID", "End a link, and let out whom it let in.");

    public Command Build()
    {
        var command = new Command("share", "Make a link that lets somebody into a tunnel that wants credentials.");
        command.Arguments.Add(_tunnel);
        foreach (Option option in (Option[])[_expires, _uses, _once, _path, _list, _revoke])
        {
            command.Options.Add(option);
        }

        _session.AddTo(command);
        command.SetAction(ShareAsync);
        return command;
    }

    private async Task<int> ShareAsync(ParseResult parsed, CancellationToken stop)
    {
        SessionSettings settings = run.Settings(_session, parsed);
        bool asJson = settings.Log() == LogFormat.Json;
        Setting? revoke = settings.Sources.Option(_revoke);
        bool list = parsed.GetValue(_list);
        if (list && revoke is not null)
        {
            throw new UsageException("Give --list or --revoke, not both.");
        }

        TunnelClientOptions options = settings.Resolve([], [], run.Warn);
        ShareOrder order = Order(parsed, settings.Sources, options);
        try
        {
            using var client = new ShareClient(options);
            await (list ? ListAsync(client, asJson, stop)
                : revoke is not null ? client.RevokeAsync(revoke.As(t => t), stop)
                : AddAsync(client, order, asJson, stop)).ConfigureAwait(false);
            return (int)ExitCode.Ok;
        }
        catch (Exception e) when (e is ServerApiException or PemException)
        {
            await error.WriteLineAsync("ggrok: " + e.Message).ConfigureAwait(false);
            return (int)(e is ServerApiException refused ? refused.Code : ExitCode.Failed);
        }
    }

    private ShareOrder Order(ParseResult parsed, SettingSources sources, TunnelClientOptions options)
    {
        Setting? uses = sources.Option(_uses);
        if (uses is not null && parsed.GetValue(_once))
        {
            throw new UsageException("Give --once or --uses, not both.");
        }

        TimeSpan life = sources.Option(_expires)?.As(Life) ?? DefaultLife;
        return new ShareOrder(
            options.Server.GetLeftPart(UriPartial.Authority),
            (long)life.TotalSeconds,
            uses?.As(Uses) ?? 1,
            parsed.GetValue(_tunnel) is { } tunnel ? new Setting(tunnel, "TUNNEL").As(t => t) : null,
            sources.Option(_path)?.As(Path));
    }

    private async Task AddAsync(ShareClient client, ShareOrder order, bool asJson, CancellationToken stop)
    {
        ShareLinkInfo link = await client.AddAsync(order, stop).ConfigureAwait(false);
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(link, ShareJson.Default.ShareLinkInfo)).ConfigureAwait(false);
            return;
        }

        // The link alone on standard output, for pipes; what is to be known about it beside.
        await output.WriteLineAsync(Printable.CleanMessage(link.Url)).ConfigureAwait(false);
        await error.WriteLineAsync(
            $"Good until {Until(link)}, in {(link.Uses == 1 ? "one browser" : link.Uses.ToString(CultureInfo.InvariantCulture) + " browsers")}. End it with: ggrok share --revoke {Printable.Clean(link.Id)}").ConfigureAwait(false);
    }

    private async Task ListAsync(ShareClient client, bool asJson, CancellationToken stop)
    {
        foreach (ShareLinkInfo link in await client.ListAsync(stop).ConfigureAwait(false))
        {
            await output.WriteLineAsync(asJson
                ? JsonSerializer.Serialize(link, ShareJson.Default.ShareLinkInfo)
                : string.Create(CultureInfo.InvariantCulture, $"{Printable.Clean(link.Id)}  {Until(link)}  {link.UsesLeft} of {link.Uses} left  {Printable.Clean(link.Tunnel)}  {Printable.Clean(link.Path)}")).ConfigureAwait(false);
        }
    }

    private static string Until(ShareLinkInfo link) => link.Expires.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static TimeSpan Life(string text) => SettingValues.Duration(text) is var life && life >= TimeSpan.FromSeconds(1) && life <= ShareOptions.LongestLife
        ? life
        : throw new UsageException("A link is good for 1s to 30d; write it like 2h.");

    private static int Uses(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int uses) && uses is >= 1 and <= ShareOptions.MostUses
        ? uses
        : throw new UsageException($"{text.Quoted()} is no number of uses; write one from 1 to {ShareOptions.MostUses}.");

    private static string Path(string text) => text.StartsWith('/') && RequestTarget.IsSafe(text)
        ? text
        : throw new UsageException($"{text.Quoted()} is no path; it begins with a slash, as in /drafts?page=2");
}
