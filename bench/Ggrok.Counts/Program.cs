using System.Text.Json;
using Ggrok.Counts;
using Ggrok.Shared.Relay;

SocketEvents.ServeInline();

// Counts that do not depend on the machine's speed: what a request costs in allocations and in messages.
switch (args)
{
    case ["server"]:
        await Side.RunServerAsync().ConfigureAwait(false);
        return 0;
    case ["client", string server, string target]:
        await Side.RunClientAsync(new Uri(server), new Uri(target)).ConfigureAwait(false);
        return 0;
    case [] or ["--json"]:
        List<Count> counts = await Measurement.RunAsync().ConfigureAwait(false);
        Console.WriteLine(args is [] ? string.Join('\n', counts.Select(Line)) : JsonSerializer.Serialize(counts));
        return counts.Exists(c => c.IsTooMuch) ? 1 : 0;
    default:
        await Console.Error.WriteLineAsync("Usage: Ggrok.Counts [--json]").ConfigureAwait(false);
        return 2;
}

static string Line(Count count) => $"{count.Value,12:N2}  {count.Name}{(count.IsTooMuch ? $": MORE THAN {count.Limit:N2}" : "")}";
