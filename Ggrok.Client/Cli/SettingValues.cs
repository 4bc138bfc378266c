using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Certificates;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Cli;

/// <summary>What a setting may be, the same for option, environment and configuration file.</summary>
public static class SettingValues
{
    private const int LongestLabel = 100;

    // What may end a host name and begin something else in a URL.
    private const string NotInHosts = "/\\@?#";

    /// <summary>A registration token: it travels in a header field, so visible ASCII only.</summary>
    /// <exception cref="UsageException">The text cannot be a token; the message does not show it.</exception>
    public static string Token(string text) => IsVisibleAscii(text)
        ? text
        : throw new UsageException("The token has spaces or characters outside ASCII; copy it again.");

    /// <summary>The token in a file, surrounding white space removed.</summary>
    /// <exception cref="UsageException">The file cannot be read or does not hold one token.</exception>
    public static string TokenIn(string file)
    {
        try
        {
            string token = File.ReadAllText(file).Trim();
            return token.Length > 0 && IsVisibleAscii(token)
                ? token
                : throw new UsageException($"{file} must hold one token of visible ASCII characters and nothing else.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file {file}; write the token into it, or use --token.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }
    }

    /// <summary>A PEM file of certificate authorities.</summary>
    /// <exception cref="UsageException">The file cannot be used.</exception>
    public static string Authorities(string file) => Tried(file, () => PemAuthorities.Load(file));

    /// <summary>A PEM file of a certificate, whose key is in another file or, with null, in the same.</summary>
    /// <exception cref="UsageException">The files cannot be used.</exception>
    public static string Pair(string file, string? keyFile) => Tried(file, () => PemPair.Load(file, keyFile));

    /// <summary>A file that is there; what it is for shows together with another.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static string ExistingFile(string file) => File.Exists(file)
        ? file
        : throw new UsageException($"There is no file {file}; write the path of a PEM file.");

    /// <summary><c>rewrite</c>, <c>preserve</c> or a value for the Host field (RFC 9110 section 7.2).</summary>
    /// <exception cref="UsageException">The text cannot stand in a Host field.</exception>
    public static string HostHeader(string text)
    {
        if (text.ToLowerInvariant() is LocalTunnel.HostHeaderRewrite or LocalTunnel.HostHeaderPreserve)
        {
            return text.ToLowerInvariant();
        }

        return IsVisibleAscii(text) && text.AsSpan().IndexOfAny(NotInHosts) < 0
            ? text
            : throw new UsageException($"{text.Quoted()} is no Host header; write rewrite, preserve or a host name such as app.test.");
    }

    /// <summary>What the local service speaks.</summary>
    /// <exception cref="UsageException">The text is none of the four.</exception>
    public static TargetProtocol TargetProtocol(string text) => text.ToLowerInvariant() switch
    {
        "auto" => Connection.TargetProtocol.Auto,
        "http1" => Connection.TargetProtocol.Http1,
        "h2c" => Connection.TargetProtocol.H2c,
        "h2" => Connection.TargetProtocol.H2,
        _ => throw new UsageException($"{text.Quoted()} is no protocol of a local service; write auto, http1, h2c or h2."),
    };

    /// <summary>Who the user is, in one line.</summary>
    /// <exception cref="UsageException">The text is too long or has control characters.</exception>
    public static string Label(string text) => text.Length <= LongestLabel && !text.Any(char.IsControl)
        ? text
        : throw new UsageException($"The label must be one line of at most {LongestLabel} characters.");

    /// <summary>A port number from 1 to 65535.</summary>
    /// <exception cref="UsageException">The text is none.</exception>
    public static int Port(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? port
            : throw new UsageException($"{text.Quoted()} is not a port; ports go from 1 to 65535.");

    /// <summary>What <see cref="InspectorPort"/> gives for no inspector.</summary>
    public const int InspectorOff = -1;

    /// <summary>A port from 0 (any) to 65535, or <c>off</c>.</summary>
    /// <exception cref="UsageException">The text is neither.</exception>
    public static int InspectorPort(string text) => text.Equals("off", StringComparison.OrdinalIgnoreCase) ? InspectorOff
        : ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? port
        : throw new UsageException($"{text.Quoted()} is no port for the inspector; write one from 1 to 65535, 0 for any, or off.");

    /// <summary>How many exchanges the inspector keeps.</summary>
    /// <exception cref="UsageException">The text is no number within bounds.</exception>
    public static int KeptExchanges(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 1_000_000
            ? count
            : throw new UsageException($"{text.Quoted()} is no number of requests to keep; write one from 1 to 1000000.");

    /// <summary>How many connections to the server there shall be.</summary>
    /// <exception cref="UsageException">The text is no number within bounds.</exception>
    public static int Connections(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= ProtocolLimits.MaxConnections
            ? count
            : throw new UsageException($"{text.Quoted()} is no number of connections; write one from 1 to {ProtocolLimits.MaxConnections}.");

    /// <summary>How long visitors wait for a client that is away.</summary>
    /// <exception cref="UsageException">The text is no duration within bounds.</exception>
    public static TimeSpan AwayWait(string text) => Durations.TryParse(text, out TimeSpan wait) && wait <= ProtocolLimits.LongestAwayWait
        ? wait
        : throw new UsageException($"{text.Quoted()} is no time that visitors can wait; write one from 0 to 5m, such as 30s.");

    /// <summary>Memory of the inspector in bytes.</summary>
    /// <exception cref="UsageException">The text is no size within bounds.</exception>
    public static int InspectorMemory(string text) => Size(text, 1 << 20, 1 << 30, "1MiB to 1GiB");

    /// <summary>How many bytes the inspector keeps of a body.</summary>
    /// <exception cref="UsageException">The text is no size within bounds.</exception>
    public static int KeptBody(string text) => Size(text, 0, 1 << 28, "0 to 256MiB");

    /// <summary>How many sent bytes of a session are kept; zero for none.</summary>
    /// <exception cref="UsageException">The text is no size within bounds.</exception>
    public static int ResumeBuffer(string text) =>
        text.Trim() == "0" ? 0 : Size(text, Ggrok.Shared.Multiplexing.Resume.ResumeOptions.SmallestBuffer, 1 << 28, "256KiB to 256MiB, or 0");

    /// <summary>Size in bytes of what is recorded to disk.</summary>
    /// <exception cref="UsageException">The text is no size within bounds.</exception>
    public static long RecordSize(string text) => ByteSizes.TryParse(text, out long bytes) && bytes is >= 1 << 20 and <= 1L << 40
        ? bytes
        : throw new UsageException($"{text.Quoted()} is no size that can be used here; write one from 1MiB to 1TiB, such as 500MiB.");

    /// <summary>Names of secrets, separated by commas.</summary>
    /// <exception cref="UsageException">One is none.</exception>
    public static IReadOnlyList<string> SecretNames(string text)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.Find(names, n => !n.Any(char.IsLetterOrDigit)) is { } wrong
            ? throw new UsageException($"{wrong.Quoted()} is no name of a field or a parameter; write for example X-My-Key, or several: X-My-Key,pin")
            : names;
    }

    private static int Size(string text, long least, long most, string range) =>
        ByteSizes.TryParse(text, out long bytes) && bytes >= least && bytes <= most
            ? (int)bytes
            : throw new UsageException($"{text.Quoted()} is no size that can be used here; write one from {range}, such as 64KiB.");

    /// <summary>A switch: true or false.</summary>
    /// <exception cref="UsageException">The text is neither.</exception>
    public static bool Switch(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw new UsageException($"{text.Quoted()} is neither true nor false."),
    };

    /// <summary>A duration such as <c>30s</c>.</summary>
    /// <exception cref="UsageException">The text is no duration.</exception>
    public static TimeSpan Duration(string text) => Durations.TryParse(text, out TimeSpan duration)
        ? duration
        : throw new UsageException($"{text.Quoted()} is no duration; write it like 500ms, 30s or 2m.");

    /// <summary>What is written on standard output.</summary>
    /// <exception cref="UsageException">The text is none of the three.</exception>
    internal static LogFormat Log(string text) => text.ToLowerInvariant() switch
    {
        "view" => LogFormat.View,
        "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        _ => throw new UsageException($"{text.Quoted()} is no output format; write view, text or json."),
    };

    private static string Tried(string file, Func<object> load)
    {
        try
        {
            load();
            return file;
        }
        catch (PemException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static bool IsVisibleAscii(string text) => text.All(c => c is > ' ' and <= '~');
}
