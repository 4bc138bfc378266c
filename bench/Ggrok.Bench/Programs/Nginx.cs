namespace Ggrok.Bench.Programs;

/// <summary>nginx in the foreground with a configuration, a prefix and files of its own.</summary>
internal static class Nginx
{
    /// <param name="folder">Folder of the bench; every file of this nginx goes there.</param>
    /// <param name="name">Distinguishes the nginx processes of one folder.</param>
    /// <param name="server">Content of the <c>server</c> block.</param>
    /// <param name="upstream">An <c>upstream</c> block, if the server needs one.</param>
    public static BackgroundProcess Start(string folder, string name, string server, string upstream = "")
    {
        string prefix = Path.Combine(folder, name);
        Directory.CreateDirectory(prefix);
        string file = Path.Combine(prefix, "nginx.conf");

        // As root, nginx would drop to a user who cannot read the bench's private folder.
        string user = Environment.IsPrivilegedProcess ? "user root;" : "";
        File.WriteAllText(file, $$"""
            daemon off; {{user}} worker_processes 2; pid {{prefix}}/pid; error_log stderr warn;
            events { worker_connections 4096; }
            http {
              access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000000; client_max_body_size 0;
              client_body_temp_path {{prefix}}/body; proxy_temp_path {{prefix}}/proxy;
              fastcgi_temp_path {{prefix}}/fastcgi; uwsgi_temp_path {{prefix}}/uwsgi; scgi_temp_path {{prefix}}/scgi;
              {{upstream}}
              server { {{server}} }
            }
            """);

        // -e: without it nginx first opens the log file of the system.
        return BackgroundProcess.Start(Installed.PathOf("nginx"), ["-e", "stderr", "-c", file, "-p", prefix]);
    }

    /// <summary>A hop that passes everything on over kept connections, as one would configure it for speed.</summary>
    public static BackgroundProcess StartHop(string folder, string name, int port, int next) => Start(folder, name, $$"""
        listen 127.0.0.1:{{port}};
        location / {
          proxy_pass http://next; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
          proxy_max_temp_file_size 0; proxy_request_buffering off; proxy_read_timeout 300s;
        }
        """, $$"""upstream next { server 127.0.0.1:{{next}}; keepalive 256; keepalive_requests 100000000; }""");
}
