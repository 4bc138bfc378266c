using System.Globalization;
using Ggrok.InboxBench;
using Ggrok.Tests.Inbox;

// How many requests per second the inbox takes for clients that are away.
if (args is ["server"])
{
    await BenchServer.RunAsync().ConfigureAwait(false);
    return 0;
}

if (BenchOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchOptions.Usage).ConfigureAwait(false);
    return 2;
}

await using PostgresCluster? cluster = options.Stores.Contains("postgres") ? await PostgresCluster.StartAsync().ConfigureAwait(false) : null;
Console.WriteLine("| store | tunnels | senders | stored per second |");
Console.WriteLine("| --- | ---: | ---: | ---: |");
foreach (string store in options.Stores)
{
    foreach (int tunnels in options.Tunnels)
    {
        foreach (int senders in options.Senders)
        {
            double[] rates = new double[options.Runs];
            for (int run = 0; run < options.Runs; run++)
            {
                rates[run] = await Measurement.RunAsync(store == "postgres" ? cluster : null, tunnels, senders, options).ConfigureAwait(false);
            }

            Array.Sort(rates);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {store} | {tunnels} | {senders} | {rates[rates.Length / 2]:N0} |"));
        }
    }
}

return 0;
