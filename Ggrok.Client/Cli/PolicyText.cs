using Ggrok.Shared.Edge;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>Makes the directives for the server of what somebody wrote.</summary>
internal static class PolicyText
{
    // A registration is one message, and there is more in it than policies.
    private const int MostBytes = 48 * 1024;

    /// <summary>The directives, checked, files read.</summary>
    /// <exception cref="UsageException">A value is not valid, or together they are too large.</exception>
    public static PolicyDirective[] Read(IEnumerable<string> keys, Func<string, Setting?> read, Func<string, IReadOnlyList<Setting>> readAll)
    {
        PolicyDirective[] directives = [.. keys.Select(PolicyKeys.Find).OfType<PolicyKey>().SelectMany(key => Of(key, read, readAll))];
        int bytes = directives.Sum(d => d.Name.Length + System.Text.Encoding.UTF8.GetByteCount(d.Value));
        return bytes <= MostBytes
            ? directives
            : throw new UsageException($"The policies of this tunnel have {ByteSizes.Format(bytes)}, and {ByteSizes.Format(MostBytes)} travel to the server; make the files among them smaller, or set them at the server.");
    }

    private static IEnumerable<PolicyDirective> Of(PolicyKey key, Func<string, Setting?> read, Func<string, IReadOnlyList<Setting>> readAll)
    {
        Setting[] settings = key.Repeats ? [.. readAll(key.Name)] : read(key.Name) is { } one ? [one] : [];
        string[] values = [.. settings.Select(s => s.As(text => Value(key, text))).OfType<string>()];
        if (values.Length > 1)
        {
            // Each is valid; what they say together is known to all of them.
            new Setting(values[0], settings[0].Origin).As(_ => Checked(key, values));
        }

        return values.Select(v => new PolicyDirective(key.Name, v));
    }

    // Null for a switch that is off.
    private static string? Value(PolicyKey key, string text)
    {
        if (key.Form == PolicyForm.Switch)
        {
            return SettingValues.Switch(text) ? "true" : null;
        }

        if (key.Implied is not null && text.ToLowerInvariant() is "true" or "yes" or "on" or "false" or "no" or "off")
        {
            return SettingValues.Switch(text) ? key.Implied : null;
        }

        string value = key.Form switch
        {
            PolicyForm.File => Contents(text),
            PolicyForm.KeyedFiles => Keyed(text),
            _ => text,
        };
        Checked(key, [value]);
        return key.Seal?.Invoke(value) ?? value;
    }

    private static string[] Checked(PolicyKey key, string[] values)
    {
        try
        {
            key.Check(values);
            return values;
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static string Keyed(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? string.Concat(text.AsSpan(0, equals + 1), Contents(text[(equals + 1)..]))
            : throw new UsageException($"{text.Quoted()} has not the form KEY=FILE.");
    }

    private static string Contents(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }
    }
}
