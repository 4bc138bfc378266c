using System.CommandLine;
using Ggrok.Client.Inspector.Http;

namespace Ggrok.Client.Cli;

/// <summary>The options of commands that are about some of the requests that a client keeps.</summary>
internal sealed class RequestFilterOptions
{
    private readonly Option<string?>[] _all =
    [
        TextOption.Make("--text", null, "TEXT", "Only those with this in path, host, method, id, tunnel, error or webhook."),
        TextOption.Make("--method", null, "LIST", "Only these methods: GET,POST"),
        TextOption.Make("--status", null, "LIST", "Only these statuses or classes: 5xx,404; error for those that failed."),
        TextOption.Make("--host", null, "NAME", "Only those to this public host."),
        TextOption.Make("--tunnel", null, "NAME", "Only those of this tunnel."),
    ];

    /// <summary>Gives them to a command.</summary>
    public void AddTo(Command command) => Array.ForEach(_all, command.Options.Add);

    /// <summary>What was asked for, as the API's parameters.</summary>
    /// <exception cref="UsageException">Something is not valid.</exception>
    public (string Name, string Value)[] Query(SettingSources sources) =>
        [.. _all.Select(o => (o.Name[2..], sources.Option(o)?.As(t => t) ?? "")).Where(q => q.Item2.Length > 0)];

    /// <summary>The same, to choose here.</summary>
    /// <exception cref="UsageException">Something is not valid.</exception>
    public static ExchangeFilter Filter((string Name, string Value)[] query)
    {
        try
        {
            return new ExchangeFilter(name => Array.Find(query, q => q.Name == name).Value ?? "");
        }
        catch (ApiException e)
        {
            throw new UsageException($"--{e.Message} {e.Detail}".TrimEnd());
        }
    }

    /// <summary>A path of the API with parameters.</summary>
    public static string Path(string path, IEnumerable<(string Name, string Value)> query) =>
        path + "?" + string.Join('&', query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
}
