using System.Text.RegularExpressions;
using Ggrok.Client.Connection;
using Ggrok.Client.Output.View;
using Ggrok.Shared.Protocol;

namespace Ggrok.Tests.View;

/// <summary>A view to draw, and what its picture says.</summary>
internal static partial class Drawn
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 30, 1, TimeSpan.FromHours(2));

    public static ViewSnapshot Online { get; } = new()
    {
        Version = "1.0.0",
        Server = "https://my.app",
        Look = SessionLook.Online,
        RoundTrip = TimeSpan.FromMilliseconds(12.34),
        Tunnels = [new PublicTunnel("web", new Uri("https://calm-otter-4821.example.com"), new Uri("http://localhost:3000"))],
        Inspector = "http://127.0.0.1:4040",
        HasKeyboard = true,
        Figures = new ViewFigures { Requests = 1234, Errors = 3, Open = 2, PerSecond = 56.2, P50Ms = 3.1, P95Ms = 12 },
        Rows =
        [
            Row("/api/users?page=2"),
            Row("/missing", 404),
            Row("/broken", 503, method: "POST"),
            Row("/away", 0, RelayError.LocalUnreachable, "DELETE"),
            Row("/left", 0, RelayError.VisitorGone),
        ],
    };

    public static ViewRow Row(string path, int status = 200, RelayError error = RelayError.None, string method = "GET") =>
        new(Noon, "web", method, path, status, error, TimeSpan.FromMilliseconds(3.14), 2150);

    /// <summary>The picture without styles, a string for each line, without what fills it up.</summary>
    public static string[] Lines(ViewSnapshot view, int width, int height, bool unicode = true) =>
        [.. Raw(view, width, height, unicode).Select(l => Plain(l).TrimEnd())];

    /// <summary>The picture as it is sent.</summary>
    public static string[] Raw(ViewSnapshot view, int width, int height, bool unicode = true, bool colour = true)
    {
        using var drawing = new ViewDrawing(colour, unicode);
        return drawing.Draw(view, width, height);
    }

    /// <summary>Text without control sequences.</summary>
    public static string Plain(string text) => Sequence().Replace(text, "");

    [GeneratedRegex(@"\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Sequence();
}
