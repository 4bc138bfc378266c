#pragma warning disable
namespace Ggrok.Shared.Multiplexing;
public static class X {
  static string F = Environment.GetEnvironmentVariable("GX") ?? "";
  public static readonly bool Kestrel = F.Contains('k'), Inbound = F.Contains('i'), OnStream = F.Contains('o'), Stale = F.Contains('s'), Wake = F.Contains('w');
}
