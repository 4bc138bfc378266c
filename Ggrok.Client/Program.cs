using Ggrok.Client.Connection;
var o = new TunnelClientOptions { Server = new Uri(args[0]), ClientId = "x1", Label = "me", Tunnels = [new LocalTunnel { Name = "web", Target = new Uri(args[1]) }] };
using var cts = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; cts.Cancel(); };
var exit = await new TunnelClient(o, new P(), TimeProvider.System).RunAsync(cts.Token);
Console.WriteLine(exit);
return (int)exit.Code;
internal class P : IClientEvents {
 public void Connecting(int a) => Console.WriteLine("connecting " + a);
 public void Ready(IReadOnlyList<PublicTunnel> t) => Console.WriteLine("ready " + t[0].Url);
 public void Lost(string r, TimeSpan t) => Console.WriteLine($"lost {r} {t}");
 public void ExchangeCompleted(in ExchangeSummary e) { if (Environment.GetEnvironmentVariable("Q") is null) Console.WriteLine(e); }
 public void Draining(int n) => Console.WriteLine("drain " + n);
}
