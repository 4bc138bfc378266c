using System.Net;

namespace Ggrok.Client.Connection;

/// <summary>A private name that is made reachable on this machine.</summary>
/// <param name="Name">The name.</param>
/// <param name="Listen">Address to listen on; null when the connection is this process's standard input and output.</param>
/// <param name="Udp">Whether it carries datagrams.</param>
public sealed record ConnectTarget(string Name, IPEndPoint? Listen, bool Udp = false);
