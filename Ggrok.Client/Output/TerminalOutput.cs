using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Output;

/// <summary>What people see: the public URL first, then a line for each request.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="colour">Colours may be used.</param>
/// <param name="quiet">Requests are not shown.</param>
/// <param name="qr">Public URLs are drawn as QR codes, too, the first time that they are shown.</param>
public sealed class TerminalOutput(TextWriter output, bool colour, bool quiet, bool qr = false) : IClientEvents, IAsyncDisposable
{
    private const string Reset = "\u001b[0m";

    private readonly LineWriter _lines = new(output, dropped => string.Create(CultureInfo.InvariantCulture, $"({dropped} lines left out: the terminal is too slow)"));
    private Uri? _inspector;
    private bool _reconnecting;
    private bool _drawn;
    private volatile int _nameWidth;

    /// <inheritdoc/>
    public void Connecting(int attempt)
    {
    }

    /// <inheritdoc/>
    public void Ready(IReadOnlyList<PublicTunnel> tunnels)
    {
        if (_reconnecting)
        {
            _lines.Write(Paint("Connected again.", "32"));
            _reconnecting = false;
        }

        _nameWidth = tunnels.Count > 1 ? tunnels.Max(t => t.Name.Length) : 0;
        foreach (PublicTunnel tunnel in tunnels)
        {
            string url = tunnel.Url.AbsoluteUri.TrimEnd('/');
            _lines.Write($"Forwarding  {Column(tunnel.Name)}{Paint(url, "1;36")} -> {tunnel.Target.GetLeftPart(UriPartial.Authority)}{(tunnel.Remark is { } remark ? "  " + Printable.Clean(remark) : "")}");
        }

        if (_inspector is { } inspector)
        {
            _lines.Write($"Inspector   {Column("")}{Paint(inspector.AbsoluteUri.TrimEnd('/'), "36")}");
            _inspector = null;
        }

        if (qr && !_drawn)
        {
            _drawn = true;
            Draw([.. tunnels.Where(t => t.Url.Scheme is "http" or "https")]);
        }

        if (!quiet)
        {
            _lines.Write("Press Ctrl-C to stop.");
        }
    }

    /// <inheritdoc/>
    public void Listening(string name, string address) => _lines.Write($"Listening   {Paint(address, "1;36")} -> {name}");

    /// <inheritdoc/>
    public void Inspecting(Uri address) => _inspector = address;

    /// <inheritdoc/>
    public void Notice(string message) => _lines.Write(Paint(Printable.CleanMessage(message), "33"));

    /// <inheritdoc/>
    public void ConnectionCompleted(in ConnectionSummary connection)
    {
        if (quiet)
        {
            return;
        }

        bool failed = connection.Error is not (RelayError.None or RelayError.VisitorGone);
        string result = Paint(failed ? connection.Error.ToString() : connection.Kind.ToWire(), failed ? "31" : "32");
        string remote = connection.Remote is null ? "" : "  from " + Printable.Clean(connection.Remote);
        _lines.Write(string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.Now:HH:mm:ss}  {result}  {connection.Tunnel}{remote}  {connection.BytesIn} B in, {connection.BytesOut} B out  {LineWriter.Number(connection.Duration.TotalSeconds)} s"));
    }

    /// <inheritdoc/>
    public void Interrupted() => _lines.Write(Paint("The connection to the server is interrupted. What runs waits for the next one.", "33"));

    /// <inheritdoc/>
    public void Resumed(TimeSpan after) => _lines.Write(Paint($"Connected again after {LineWriter.Number(after.TotalSeconds)} s; everything goes on.", "32"));

    /// <inheritdoc/>
    public void Lost(string reason, TimeSpan retryIn)
    {
        _reconnecting = true;
        _lines.Write(Paint($"{Printable.CleanMessage(reason)} Trying again in {LineWriter.Number(retryIn.TotalSeconds)} s.", "33"));
    }

    /// <inheritdoc/>
    public void ExchangeCompleted(in ExchangeSummary exchange)
    {
        if (quiet)
        {
            return;
        }

        bool failed = exchange.Error is not (RelayError.None or RelayError.VisitorGone);
        string result = failed ? exchange.Error.ToString()
            : exchange.Status == 0 ? "gone"
            : exchange.Status.ToString(CultureInfo.InvariantCulture);
        string paintedResult = Paint(result.PadRight(3), failed || exchange.Status >= 500 ? "31" : exchange.Status >= 400 ? "33" : "32");
        _lines.Write(string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.Now:HH:mm:ss}  {Column(exchange.Tunnel)}{paintedResult}  {exchange.Method,-7} {Printable.Clean(exchange.Target)}  {LineWriter.Number(exchange.Duration.TotalMilliseconds)} ms"));
    }

    /// <inheritdoc/>
    public void Draining(int running)
    {
        if (!quiet)
        {
            _lines.Write(running == 0 ? "Stopping." : string.Create(CultureInfo.InvariantCulture,
                $"Stopping: {running} running request{(running == 1 ? "" : "s")} may finish. Press Ctrl-C again to stop at once."));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private void Draw(PublicTunnel[] tunnels)
    {
        foreach (PublicTunnel tunnel in tunnels)
        {
            string url = tunnel.Url.AbsoluteUri.TrimEnd('/');
            _lines.Write(tunnels.Length == 1 ? "" : $"{tunnel.Name}  {url}");
            foreach (string line in QrCode.Draw(url, colour))
            {
                _lines.Write(line);
            }
        }
    }

    // Which tunnel it was matters only if there are several.
    private string Column(string tunnel) => _nameWidth == 0 ? "" : tunnel.PadRight(_nameWidth) + "  ";

    private string Paint(string text, string code) => colour ? $"\u001b[{code}m{text}{Reset}" : text;
}
