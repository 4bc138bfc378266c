using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ggrok.Client.Connection;
using Ggrok.Client.Local;

namespace Ggrok.Client.Diagnosis;

/// <summary>Whether the local service is there, on which addresses, and whether it answers HTTP.</summary>
internal sealed class LocalServiceCheck : ICheck
{
    public CheckName Name => CheckName.Local;

    public Finding TooSlow(Examination examination, string limit) => Finding.Warn(
        $"{examination.Local!.Target.Authority} takes connections, but does not answer GET / within {limit}", "Is the service still starting, or stuck? A tunnel opens, but visitors wait.");

    public string? Obstacle(Examination examination) => examination.Local is null ? "none given; write for example: ggrok doctor 3000" : null;

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        LocalTunnel local = examination.Local!;
        Uri target = local.Target;
        IPAddress[] dialled;
        try
        {
            dialled = target.Host == "localhost" ? Loopbacks : await Dns.GetHostAddressesAsync(target.IdnHost.Trim('[', ']'), limit).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return Finding.Fail($"the name {target.IdnHost} cannot be resolved", "Check the name of the local service.");
        }

        // On this machine a service of the other family is one that was meant.
        IPAddress[] asked = target.IsLoopback ? [.. dialled.Union(Loopbacks)] : dialled;
        bool[] answers = await Task.WhenAll(asked.Select(a => IsOpenAsync(a, target.Port, limit))).ConfigureAwait(false);
        IPAddress[] open = [.. asked.Where((_, i) => answers[i])];
        IPAddress? first = dialled.FirstOrDefault(open.Contains);
        if (first is null)
        {
            return open.Length == 0
                ? Finding.Fail($"nothing listens at {target.Authority}", "Start the service, or give the address where it is.")
                : Finding.Fail($"nothing listens at {target.Authority}, but at {new IPEndPoint(open[0], target.Port)}",
                    string.Create(CultureInfo.InvariantCulture, $"Write {(target.Scheme == Uri.UriSchemeHttps ? "https://" : "")}localhost:{target.Port}, which is tried on both."));
        }

        string only = target.IsLoopback && asked.Length > 1 && open.Length == 1 ? $", on {first} only" : "";
        return await AskAsync(local, new IPEndPoint(first, target.Port), only, limit).ConfigureAwait(false);
    }

    private static IPAddress[] Loopbacks => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    private static async Task<bool> IsOpenAsync(IPAddress address, int port, CancellationToken limit)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<Finding> AskAsync(LocalTunnel local, IPEndPoint address, string only, CancellationToken limit)
    {
        using var http = new HttpMessageInvoker(Handler(local, address));
        try
        {
            return await AskAsync(http, local.Target, HttpVersion.Version11, only, limit).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return Finding.Fail($"TLS to {local.Target.Authority} failed: {e.InnerException?.Message ?? e.Message}",
                $"If its certificate is self-signed, pass --insecure-target; if it has no TLS, write http://{local.Target.Authority}.");
        }
        catch (HttpRequestException) when (local.Target.Scheme == Uri.UriSchemeHttp)
        {
            // A service such as one of gRPC may know HTTP/2 alone.
        }
        catch (HttpRequestException e)
        {
            return NoHttp(local.Target, e.Message);
        }

        try
        {
            return await AskAsync(http, local.Target, HttpVersion.Version20, only, limit).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            return NoHttp(local.Target, $"If it has TLS, write https://{local.Target.Authority}; for a service that is no HTTP there is ggrok tcp.");
        }
    }

    private static Finding NoHttp(Uri target, string advice) => Finding.Fail($"{target.Authority} takes connections, but does not answer HTTP", advice);

    private static async Task<Finding> AskAsync(HttpMessageInvoker http, Uri target, Version version, string only, CancellationToken limit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await http.SendAsync(request, limit).ConfigureAwait(false);
        int status = (int)response.StatusCode;
        string protocol = version == HttpVersion.Version20 ? " over HTTP/2" : "";
        string found = string.Create(CultureInfo.InvariantCulture, $"{target.Authority} answers GET / with {status}{protocol}{only}");
        return status >= 500 ? Finding.Warn(found, "The service is there, but has a problem; visitors will see the same.") : Finding.Pass(found);
    }

    private static SocketsHttpHandler Handler(LocalTunnel local, IPEndPoint address) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = LocalDialer.Tls(local.Target, local.InsecureTarget),
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
