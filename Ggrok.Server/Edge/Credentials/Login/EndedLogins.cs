namespace Ggrok.Server.Edge.Credentials.Login;

/// <summary>Logins that were ended before they expired: a copy of the cookie shall not outlive the sign-out.</summary>
internal sealed class EndedLogins(TimeProvider time)
{
    private const int Most = 50_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Ends a login.</summary>
    public void Add(LoginTicket ticket)
    {
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (_ended.Count >= Most)
            {
                foreach (string id in _ended.Where(e => e.Value <= now).Select(e => e.Key).ToArray())
                {
                    _ended.Remove(id);
                }
            }

            if (_ended.Count >= Most)
            {
                _ended.Remove(_ended.MinBy(e => e.Value).Key);
            }

            _ended[ticket.Id] = ticket.Expires;
            Volatile.Write(ref _count, _ended.Count);
        }
    }

    /// <summary>Whether a login was ended.</summary>
    public bool Contains(string id)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _ended.ContainsKey(id);
        }
    }
}
