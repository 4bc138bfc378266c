using System.Globalization;
using Ggrok.Client.Cli;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>Makes a rule of what is written in a configuration file.</summary>
/// <param name="read">What is written under a key, or null.</param>
internal sealed class RuleDefinition(Func<string, Setting?> read)
{
    /// <summary>The key that names a file.</summary>
    public const string BodyFile = "body-file";

    private static readonly string[] OfResponse = ["status", "body", BodyFile, "content-type", "response-header"];

    /// <summary>Keys that a rule may have.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["match", "tunnel", "host", "header", "enabled", "hold", "latency", "error-rate", "error-status", .. OfResponse];

    /// <summary>The rule.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="origin">File, line and name.</param>
    /// <exception cref="UsageException">Something is missing, contradictory or not valid.</exception>
    public Rule Make(string name, string origin)
    {
        (IReadOnlyList<string> methods, string? path) = read("match")?.As(RuleValues.Match) ?? ([], null);
        HeaderField? header = read("header")?.As(RuleValues.Header);
        Setting? rate = read("error-rate");
        Setting? status = read("error-status");
        if (status is not null && rate is null)
        {
            throw new UsageException($"{status.Origin} needs error-rate: which share of the requests gets it? Write error-rate: 10%, or status: {status.Text} to answer all of them.");
        }

        var rule = new Rule
        {
            Name = name,
            Enabled = read("enabled")?.As(SettingValues.Switch) ?? true,
            Tunnel = read("tunnel")?.As(text => text),
            Methods = methods,
            Path = path,
            Host = read("host")?.As(RuleValues.Host),
            HeaderName = header?.Name,
            HeaderPart = header?.Value ?? "",
            Hold = read("hold")?.As(SettingValues.Switch) ?? false,
            Latency = read("latency")?.As(text => RuleValues.Latency(SettingValues.Duration(text))) ?? TimeSpan.Zero,
            ErrorRate = rate?.As(RuleValues.Rate) ?? 0,
            ErrorStatus = status?.As(RuleValues.ErrorStatus) ?? Rule.DefaultErrorStatus,
            Response = Array.Exists(OfResponse, key => read(key) is not null) ? Response() : null,
            Origin = origin,
        };
        return rule.Problem() is { } problem ? throw new UsageException($"{origin} {problem}") : rule;
    }

    private FixedResponse Response()
    {
        Setting? text = read("body");
        Setting? file = read(BodyFile);
        if (text is not null && file is not null)
        {
            throw new UsageException($"{file.Origin}: Give the body once, here or as body.");
        }

        // A body may well be empty, or begin with white space.
        byte[] body = file?.As(Contents) ?? (text is null ? [] : Tried(text, RuleValues.Body));
        string? type = read("content-type")?.As(value => RuleValues.Fields([new HeaderField("Content-Type", value)])[0].Value);
        IReadOnlyList<HeaderField> fields = read("response-header")?.As(RuleValues.Fields) ?? [];
        fields = type is null ? fields : [new HeaderField("Content-Type", type), .. fields];
        return FixedResponse.Of(read("status")?.As(RuleValues.Status) ?? 200, fields, body, file is null ? FixedResponse.PlainText : TypeOf(file.Text));
    }

    private static byte[] Contents(string file)
    {
        try
        {
            // Not by the length that the file claims to have: it may be a pipe.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[RuleValues.MostBodyBytes + 1];
            return RuleValues.Body(bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file {file}; write the path of one, from the folder of the configuration file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }
    }

    private static byte[] Tried(Setting setting, Func<string, byte[]> parse)
    {
        try
        {
            return parse(setting.Text);
        }
        catch (UsageException e)
        {
            throw new UsageException($"{setting.Origin}: {e.Message}");
        }
    }

    private static string TypeOf(string file) => Path.GetExtension(file).ToLower(CultureInfo.InvariantCulture) switch
    {
        ".json" => "application/json",
        ".html" or ".htm" => "text/html; charset=utf-8",
        ".xml" => "application/xml",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".txt" => FixedResponse.PlainText,
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".jpg" or ".jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    };
}
