using System.Text.Json;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Tunnels;

/// <summary>The clients that have several connections, by identity, installation and run.</summary>
internal sealed class SessionGroups
{
    private readonly Dictionary<(string Identity, string Client, string Instance), SessionGroup> _groups = [];

    /// <summary>Held while a client's connection registers or leaves: the first one makes what the others join, the last one ends it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The group of this run of the client, or null.</summary>
    public SessionGroup? Find(string identity, Hello hello) => _groups.GetValueOrDefault(KeyOf(identity, hello));

    /// <summary>Adds the group that a first connection made.</summary>
    public void Add(string identity, SessionGroup group) => _groups[KeyOf(identity, group.Hello)] = group;

    /// <summary>Forgets a group whose last connection has left.</summary>
    public void Remove(string identity, SessionGroup group)
    {
        (string, string, string) key = KeyOf(identity, group.Hello);
        if (_groups.GetValueOrDefault(key) == group)
        {
            _groups.Remove(key);
        }
    }

    /// <summary>Whether a connection wants what the others of its client do.</summary>
    public static bool WantSame(Hello one, Hello other) => JsonSerializer.SerializeToUtf8Bytes(Wish(one), HandshakeJson.Default.Hello)
        .AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(Wish(other), HandshakeJson.Default.Hello));

    // What may differ: each connection may have been dialled under another address or after an update of the label.
    private static Hello Wish(Hello hello) => hello with { Version = "", Label = "", Origin = "", Connection = null, Resumable = null };

    private static (string Identity, string Client, string Instance) KeyOf(string identity, Hello hello) => (identity, hello.Client, hello.Instance);
}
