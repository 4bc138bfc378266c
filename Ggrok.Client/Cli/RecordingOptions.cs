using System.CommandLine;
using Ggrok.Client.Inspector;

namespace Ggrok.Client.Cli;

/// <summary>The options that record to disk, and say what is a secret.</summary>
internal sealed class RecordingOptions
{
    private readonly Option<string?> _record = TextOption.Make("--record", null, "DIR", "Record every request as HAR files in a folder, without secrets.");

    private readonly Option<string?> _size = TextOption.Make("--record-size", null, "SIZE", "Size of these files together; the oldest go. [default: 1GiB]");

    private readonly Option<bool> _secrets = new("--record-secrets") { Description = "Record Authorization, Cookie and other secrets as they are." };

    private readonly Option<string[]> _redact = new("--redact")
    {
        HelpName = "NAME",
        Description = "A field, parameter or JSON member that is a secret, besides the usual ones; may be given several times.",
    };

    /// <summary>Gives them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_record, _size, _secrets, _redact])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Where and how much is recorded; null for nowhere.</summary>
    /// <exception cref="UsageException">Something is not valid.</exception>
    public RecordOptions? Resolve(SettingSources sources)
    {
        Setting? size = sources.Option(_size);
        if (sources.Option(_record) is { } record)
        {
            string folder = record.As(Path.GetFullPath);
            return File.Exists(folder)
                ? throw new UsageException($"{record.Origin}: {record.Text.Quoted()} is a file; give a folder.")
                : new RecordOptions(folder) { MaxBytes = size?.As(SettingValues.RecordSize) ?? new RecordOptions("").MaxBytes, WithSecrets = sources.IsOn(_secrets) };
        }

        string? alone = size?.Origin ?? (sources.IsOn(_secrets) ? _secrets.Name : null);
        return alone is null ? null : throw new UsageException($"{alone} says how to record; say where with --record DIR.");
    }

    /// <summary>Names of secrets: those of the command line and those of the file.</summary>
    /// <exception cref="UsageException">One is no name.</exception>
    public IReadOnlyList<string> Redact(SettingSources sources) =>
        [.. sources.Options(_redact).Append(sources.Saved(_redact)).OfType<Setting>().SelectMany(s => s.As(SettingValues.SecretNames))];
}
