using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Http;

/// <summary>Which exchanges somebody wants to see.</summary>
internal sealed class ExchangeFilter
{
    private static readonly string[] Sources = ["visitor", "replay", "import"];

    private readonly string? _text;
    private readonly string[] _methods;
    private readonly string[] _statuses;
    private readonly string? _host;
    private readonly string? _tunnel;
    private readonly string? _source;
    private readonly long _before;

    /// <exception cref="ApiException">A parameter of the query is not valid.</exception>
    public ExchangeFilter(HttpRequest request)
        : this(name => request.Query[name].ToString(), request.NumberOf("before", long.MaxValue, 1, long.MaxValue))
    {
    }

    /// <param name="query">Tells a parameter; an empty text for one that is not given.</param>
    /// <param name="before">Only those with a smaller number.</param>
    /// <exception cref="ApiException">A parameter is not valid.</exception>
    public ExchangeFilter(Func<string, string> query, long before = long.MaxValue)
    {
        _text = Given(query("text"));
        _methods = List(query("method"));
        _statuses = List(query("status"));
        _host = Given(query("host"));
        _tunnel = Given(query("tunnel"));
        _source = Given(query("source"));
        _before = before;
        if (_statuses.FirstOrDefault(s => !IsStatus(s)) is { } wrong)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, $"status: {wrong} is no status.", "Write codes, classes or error, separated by commas: 2xx,404,error");
        }

        if (_source is not null && !Sources.Contains(_source))
        {
            throw new ApiException(StatusCodes.Status400BadRequest, $"source: {_source} is none of {string.Join(", ", Sources)}.");
        }
    }

    /// <summary>Whether an exchange is wanted.</summary>
    public bool Matches(ExchangeRow row) =>
        row.Number < _before
        && (_methods.Length == 0 || _methods.Contains(row.Method, StringComparer.OrdinalIgnoreCase))
        && (_statuses.Length == 0 || _statuses.Any(s => HasStatus(row, s)))
        && (_host is null || row.Host.Equals(_host, StringComparison.OrdinalIgnoreCase))
        && (_tunnel is null || row.Tunnel == _tunnel)
        && (_source is null || row.Source == _source)
        && (_text is null || Texts(row).Any(t => t?.Contains(_text, StringComparison.OrdinalIgnoreCase) == true));

    private static string?[] Texts(ExchangeRow row) => [row.Target, row.Host, row.Method, row.Id, row.Tunnel, row.Error, row.Webhook, row.Delivery?.Id];

    private static bool HasStatus(ExchangeRow row, string status)
    {
        if (status == "error")
        {
            return row.Error is not null;
        }

        string actual = row.Status.ToString(CultureInfo.InvariantCulture);
        return status.EndsWith("xx", StringComparison.OrdinalIgnoreCase) ? actual.Length == 3 && actual[0] == status[0] : actual == status;
    }

    private static bool IsStatus(string text) => text == "error"
        || (text.Length == 3 && text[0] is >= '1' and <= '5' && (text[1..].Equals("xx", StringComparison.OrdinalIgnoreCase) || text[1..].All(char.IsAsciiDigit)));

    private static string? Given(string text) => text.Length > 0 ? text : null;

    private static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
