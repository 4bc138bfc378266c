namespace Ggrok.Client.Configuration;

/// <summary>What a new configuration file begins with.</summary>
internal static class ConfigSample
{
    /// <summary>Comments alone: as it is, it says nothing.</summary>
    public const string Text = """
        # Configuration of ggrok. Take away the first # of what you want; check with: ggrok config check

        #server: my.app
        #token: TOKEN

        # Tunnels, opened with: ggrok start web ssh (or: ggrok start --all)
        #tunnels:
        #  web: 3000                 # an http tunnel to localhost:3000
        #  api:
        #    target: https://localhost:8443
        #    insecure-target: true   # its certificate is self-signed
        #    subdomain: api
        #  ssh:
        #    kind: tcp               # http (default), tcp, udp or tls
        #    target: 22
        #    name: device-42         # a private name; or remote-port: 20022

        # Private names of others, made reachable here with: ggrok start db
        #connect:
        #  db: 127.0.0.1:5432        # where to listen

        # What is done with some requests before they reach the service, in this order; the first that matches counts
        #rules:
        #  flaky:
        #    match: POST /checkout/*
        #    error-rate: 10%
        #    latency: 800ms
        #  held:
        #    match: /webhooks/*
        #    hold: true              # until it is released in the inspector

        """;
}
