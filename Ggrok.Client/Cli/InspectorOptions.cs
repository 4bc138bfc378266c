using System.CommandLine;
using Ggrok.Client.Inspector;

namespace Ggrok.Client.Cli;

/// <summary>The options of commands whose traffic can be looked at.</summary>
internal sealed class InspectorOptions
{
    private readonly Option<string?> _inspect = TextOption.Make("--inspect", null, "PORT",
        "Port of the inspector's page on this machine, or off. [default: 4040, or the next free one]");

    private readonly Option<string?> _keep = TextOption.Make("--inspect-keep", null, "N", "How many requests the inspector keeps. [default: 10000]");

    private readonly Option<string?> _memory = TextOption.Make("--inspect-memory", null, "SIZE", "How much memory it uses for them. [default: 32MiB]");

    private readonly RecordingOptions _recording = new();

    private readonly Option<string?> _body = TextOption.Make("--inspect-body", null, "SIZE", "How much of each body it keeps. [default: 64KiB]");

    /// <summary>Gives them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_inspect, _keep, _memory, _body])
        {
            command.Options.Add(option);
        }

        _recording.AddTo(command);
    }

    /// <summary>What was asked for; null for neither page nor recording.</summary>
    /// <exception cref="UsageException">Something is not valid.</exception>
    public InspectOptions? Resolve(SettingSources sources)
    {
        Setting? inspect = sources.OptionOrSaved(_inspect);
        Setting? keep = sources.OptionOrSaved(_keep);
        Setting? memory = sources.OptionOrSaved(_memory);
        Setting? body = sources.OptionOrSaved(_body);
        var otherwise = new InspectOptions();
        var options = new InspectOptions
        {
            Port = inspect?.As(SettingValues.InspectorPort),
            MaxExchanges = keep?.As(SettingValues.KeptExchanges) ?? otherwise.MaxExchanges,
            MaxBytes = memory?.As(SettingValues.InspectorMemory) ?? otherwise.MaxBytes,
            WebhookSecrets = WebhookSecrets.Resolve(sources),
            MaxBodyBytes = body?.As(SettingValues.KeptBody) ?? otherwise.MaxBodyBytes,
            Redact = _recording.Redact(sources),
            Record = _recording.Resolve(sources),
        };
        options = options.Port == SettingValues.InspectorOff ? options with { Port = null, HasPage = false } : options;
        return options is { HasPage: false, Record: null } ? null
            : options.MaxBodyBytes <= options.MaxBytes / 4 ? options
            : throw new UsageException($"{(body ?? memory)!.Origin}: At most a quarter of --inspect-memory can be kept of one body; make the memory larger or the bodies smaller.");
    }
}
