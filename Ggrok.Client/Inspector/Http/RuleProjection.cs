using System.Globalization;
using Ggrok.Client.Cli;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Rules;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Http;

/// <summary>Rules as the API has them, both ways.</summary>
internal static class RuleProjection
{
    private const string Bytes = "application/octet-stream";

    /// <summary>What is shown of a rule.</summary>
    public static RuleDetails Of(ActiveRule entry)
    {
        Rule rule = entry.Rule;
        return new RuleDetails
        {
            Name = rule.Name,
            Enabled = rule.Enabled,
            Tunnel = rule.Tunnel,
            Method = rule.Methods.Count == 0 ? null : string.Join(',', rule.Methods),
            Path = rule.Path,
            Host = rule.Host,
            Header = rule.HeaderName is null ? null : rule.HeaderPart.Length == 0 ? rule.HeaderName : $"{rule.HeaderName}: {rule.HeaderPart}",
            Hold = rule.Hold ? true : null,
            LatencyMs = rule.Latency > TimeSpan.Zero ? rule.Latency.TotalMilliseconds : null,
            ErrorRate = rule.ErrorRate > 0 ? rule.ErrorRate : null,
            ErrorStatus = rule.ErrorRate > 0 ? rule.ErrorStatus : null,
            Respond = rule.Response is { } response ? Of(response) : null,
            Origin = rule.Origin,
            Hits = entry.Hits.Count,
        };
    }

    /// <summary>The rule that somebody sent.</summary>
    /// <exception cref="ApiException">Something in it is not valid.</exception>
    public static Rule RuleOf(RuleDetails given, IReadOnlyList<LocalTunnel> tunnels)
    {
        HeaderField? header = Part("header", given.Header, RuleValues.Header, out HeaderField field) ? field : null;
        Part("method", given.Method, RuleValues.Methods, out IReadOnlyList<string>? methods);
        Part("path", given.Path, RuleValues.Path, out string? path);
        Part("host", given.Host, RuleValues.Host, out string? host);
        Part("tunnel", given.Tunnel, name => TunnelNamed(name, tunnels), out string? tunnel);
        var rule = new Rule
        {
            Name = Checked("name", given.Name, RuleValues.Name),
            Enabled = given.Enabled ?? true,
            Tunnel = tunnel,
            Methods = methods ?? [],
            Path = path,
            Host = host,
            HeaderName = header?.Name,
            HeaderPart = header?.Value ?? "",
            Hold = given.Hold ?? false,
            Latency = given.LatencyMs is { } ms and not 0 ? Checked("latencyMs", ms, LatencyOf) : TimeSpan.Zero,
            ErrorRate = given.ErrorRate is { } rate and not 0 ? Checked("errorRate", rate, r => RuleValues.Rate(r, r.ToString(CultureInfo.InvariantCulture))) : 0,
            ErrorStatus = Checked("errorStatus", given.ErrorStatus ?? Rule.DefaultErrorStatus, s => RuleValues.ErrorStatus(Text(s))),
            Response = given.Respond is { } response ? ResponseOf(response, "respond") : null,
        };
        return rule.Problem() is { } problem ? throw Wrong("name", $"{rule.Name} {problem}") : rule;
    }

    /// <summary>The response that somebody sent.</summary>
    /// <exception cref="ApiException">Something in it is not valid.</exception>
    public static FixedResponse ResponseOf(FixedResponseDetails given, string name) => FixedResponse.Of(
        Checked(name + ".status", given.Status, s => RuleValues.Status(Text(s))),
        given.Headers is { } headers ? FieldsOf(headers, name + ".headers") : [],
        BodyOf(given.Body, given.BodyBase64, name + ".body") ?? [],
        given.Body is null ? Bytes : FixedResponse.PlainText);

    private static IReadOnlyList<HeaderField> FieldsOf(IReadOnlyList<string[]> given, string name) => given.All(f => f is [not null, not null])
        ? Checked(name, given, g => RuleValues.Fields(g.Select(f => new HeaderField(f[0], f[1].Trim()))))
        : throw Wrong(name, """Write each field as a pair of name and value: [["Content-Type", "text/html"]].""");

    private static byte[]? BodyOf(string? text, string? base64, string name)
    {
        if (text is not null && base64 is not null)
        {
            throw Wrong(name, "Give the body once, as text or in Base64.");
        }

        byte[]? body = text is not null ? System.Text.Encoding.UTF8.GetBytes(text) : null;
        if (base64 is not null)
        {
            try
            {
                body = Convert.FromBase64String(base64);
            }
            catch (FormatException)
            {
                throw Wrong(name + "Base64", "This is not Base64.");
            }
        }

        return body is null ? null : Checked(name, body, RuleValues.Body);
    }

    private static FixedResponseDetails Of(FixedResponse response)
    {
        string? text = BodyProjection.TextOf(response.Body.Span, isCut: false);
        return new FixedResponseDetails
        {
            Status = response.Status,
            Headers = [.. response.Headers.Select(f => new[] { f.Name, f.Value })],
            Body = text,
            BodyBase64 = text is null ? Convert.ToBase64String(response.Body.Span) : null,
        };
    }

    private static TimeSpan LatencyOf(double ms) => RuleValues.Latency(
        ms is >= 0 and <= int.MaxValue ? TimeSpan.FromMilliseconds(ms) : TimeSpan.MaxValue);

    private static string TunnelNamed(string name, IReadOnlyList<LocalTunnel> tunnels)
    {
        string[] known = [.. tunnels.Where(t => t.Kind == TunnelKind.Http).Select(t => t.Name)];
        return known.Contains(name) ? name : throw new UsageException($"There is no http tunnel {name.Quoted()}; "
            + (Spelling.Nearest(name, known) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", known)}."));
    }

    private static bool Part<T>(string name, string? given, Func<string, T> parse, out T? value)
    {
        bool isGiven = !string.IsNullOrWhiteSpace(given);
        value = isGiven ? Checked(name, given!.Trim(), parse) : default;
        return isGiven;
    }

    private static TResult Checked<T, TResult>(string name, T given, Func<T, TResult> parse)
    {
        try
        {
            return parse(given);
        }
        catch (UsageException e)
        {
            throw Wrong(name, e.Message);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static ApiException Wrong(string name, string message) => new(StatusCodes.Status400BadRequest, $"{name}: {message}");
}
