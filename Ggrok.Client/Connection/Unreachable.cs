using System.Net.Sockets;
using System.Security.Authentication;

namespace Ggrok.Client.Connection;

/// <summary>Why a server did not answer at all.</summary>
internal static class Unreachable
{
    /// <summary>One sentence.</summary>
    public static string Explain(Uri server, Exception exception)
    {
        string authority = server.Authority;
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return $"The name {server.Host} cannot be resolved; check --server and the network.";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return $"Nothing listens at {authority}.";
                case SocketException socket:
                    return $"{authority} cannot be reached: {socket.Message}.";
                case AuthenticationException tls:
                    return $"TLS to {authority} failed: {tls.Message} If the server speaks plain HTTP, use --server http://{authority}.";
                case OperationCanceledException:
                    return $"{authority} did not answer in time.";
            }
        }

        return $"{authority} cannot be reached: {exception.Message}";
    }
}
