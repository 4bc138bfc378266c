using System.Globalization;
using Ggrok.Client.Inspector.Http.Contracts;

namespace Ggrok.Client.Inspector.Remote;

/// <summary>Finds the client that a command is about.</summary>
internal static class InspectorFinder
{
    private const int PortsToTry = 10;

    // Refused is known at once; this is for what listens and says nothing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The inspector at a port; without one the only one at the usual ports.</summary>
    /// <exception cref="InspectorException">There is none, or there are several.</exception>
    public static Task<InspectorClient> FindAsync(int? port, CancellationToken stop) =>
        port is { } given ? AtAsync(given, stop) : AmongAsync([.. Enumerable.Range(InspectOptions.DefaultPort, PortsToTry)], stop);

    /// <summary>The only inspector at some ports.</summary>
    /// <exception cref="InspectorException">There is none, or there are several.</exception>
    public static async Task<InspectorClient> AmongAsync(int[] ports, CancellationToken stop)
    {
        InspectorClient[] clients = [.. ports.Select(p => new InspectorClient(p))];
        StatusDetails?[] answers = await Task.WhenAll(clients.Select(c => c.ProbeAsync(Patience, stop))).ConfigureAwait(false);
        (InspectorClient Client, StatusDetails Status)[] found = [.. clients.Zip(answers).Where(f => f.Second is not null).Select(f => (f.First, f.Second!))];
        foreach (InspectorClient client in clients.Where(c => found.Length != 1 || c != found[0].Client))
        {
            client.Dispose();
        }

        return found switch
        {
            [var only] => only.Client,
            [] => throw new InspectorException(string.Create(CultureInfo.InvariantCulture,
                $"No ggrok with an inspector runs here (ports {ports[0]} to {ports[^1]} of 127.0.0.1); start one with: ggrok 3000, or say where it is with --inspector PORT.")),
            _ => throw new InspectorException("Several ggrok run here; say which one with --inspector PORT:\n" + string.Join('\n', found.Select(f => Line(f.Client.Port, f.Status)))),
        };
    }

    private static async Task<InspectorClient> AtAsync(int port, CancellationToken stop)
    {
        var client = new InspectorClient(port);
        if (await client.ProbeAsync(Patience, stop).ConfigureAwait(false) is not null)
        {
            return client;
        }

        client.Dispose();
        throw new InspectorException($"No ggrok has its inspector at http://127.0.0.1:{port}; it says the address when it starts.");
    }

    private static string Line(int port, StatusDetails status) =>
        $"  --inspector {port}   {string.Join(", ", status.Tunnels.Select(t => $"{t.Url ?? "(not connected)"} -> {t.Target}"))}";
}
