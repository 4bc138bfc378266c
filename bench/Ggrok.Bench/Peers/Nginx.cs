using System.Diagnostics;
using Ggrok.Bench.Measuring;

namespace Ggrok.Bench.Peers;

/// <summary>nginx with a configuration of its own.</summary>
internal static class Nginx
{
    public static Process Start(string folder, string name, string server, string upstream = "")
    {
        string file = Path.Combine(folder, name + ".conf");

        // As root, nginx would drop to a user who cannot read the bench's private folder.
        string user = Environment.IsPrivilegedProcess ? "user root;" : "";
        File.WriteAllText(file, $$"""
            daemon off; {{user}} worker_processes 2; pid {{folder}}/{{name}}.pid; error_log {{folder}}/{{name}}.log;
            events { worker_connections 4096; }
            http {
              access_log off; sendfile on; tcp_nodelay on; keepalive_requests 10000000; client_max_body_size 0;
              client_body_temp_path {{folder}}/{{name}}-body; proxy_temp_path {{folder}}/{{name}}-proxy;
              fastcgi_temp_path {{folder}}/{{name}}-f; uwsgi_temp_path {{folder}}/{{name}}-u; scgi_temp_path {{folder}}/{{name}}-s;
              {{upstream}}
              server { {{server}} }
            }
            """);
        return Shell.Start(Shell.PathOf("nginx"), ["-c", file, "-p", folder], redirect: false);
    }

    /// <summary>A hop that passes everything on, with kept connections, as one would configure it.</summary>
    public static Process StartHop(string folder, string name, int port, int next) => Start(folder, name, $$"""
        listen 127.0.0.1:{{port}};
        location / {
          proxy_pass http://next; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
          proxy_max_temp_file_size 0; proxy_request_buffering off; proxy_read_timeout 300s;
        }
        """, $$"""upstream next { server 127.0.0.1:{{next}}; keepalive 256; keepalive_requests 10000000; }""");
}

/// <summary>visitor → nginx → nginx → app: as many hops as a tunnel, and nothing done but copying.</summary>
internal sealed class NginxDoubleHop : IPeer
{
    public string Name => "nginx double hop";

    public string? Missing => Shell.Has("nginx") ? null : "nginx";

    public ProcessGroup Processes { get; } = new();

    public async Task<string> StartAsync(int appPort, string folder)
    {
        int inner = Ports.Free();
        int outer = Ports.Free();
        Processes.Add(Nginx.StartHop(folder, "inner", inner, appPort));
        Processes.Add(Nginx.StartHop(folder, "outer", outer, inner));
        await Ports.WaitForAsync($"http://127.0.0.1:{outer}/small").ConfigureAwait(false);
        return $"http://127.0.0.1:{outer}";
    }

    public void Dispose() => Processes.Dispose();
}
