namespace Ggrok.Server.Dashboard.Http.Contracts;

/// <summary>Why a request cannot be done (RFC 9457).</summary>
internal sealed record ProblemBody(string Title, int Status, string? Detail);

/// <summary>Whether somebody is signed in.</summary>
/// <param name="Configured">There is an admin token with which one could.</param>
/// <param name="SignedIn">Somebody is.</param>
/// <param name="Token">Name of the token.</param>
/// <param name="Csrf">What requests that change something must bring beside the cookie.</param>
/// <param name="Version">Version of the server, for those who are signed in.</param>
/// <param name="HasStore">Tokens can be made and revoked here.</param>
internal sealed record SessionBody(bool Configured, bool SignedIn, string? Token = null, string? Csrf = null, string? Version = null, bool HasStore = false);

/// <summary>A sign-in.</summary>
/// <param name="Token">The admin token.</param>
internal sealed record LoginOrder(string Token);

/// <summary>One tunnel.</summary>
/// <param name="Name">As in metrics: <c>app.example.com/hooks</c>, <c>tcp:20001</c>, <c>private:db</c>.</param>
/// <param name="Kind">What it carries.</param>
/// <param name="Url">Address for visitors.</param>
/// <param name="State"><c>up</c>, or <c>away</c> while its client is lost.</param>
/// <param name="Client">What the client calls itself.</param>
/// <param name="SessionId">Its session; null while away and for old clients.</param>
/// <param name="Address">Address of the client.</param>
/// <param name="Version">Version of the client.</param>
/// <param name="Since">When its session was opened.</param>
/// <param name="AwayUntil">While away: when the name becomes free.</param>
/// <param name="Traffic">Its figures.</param>
internal sealed record TunnelBody(
    string Name, string Kind, string? Url, string State, string Client, string? SessionId, string? Address, string? Version, DateTimeOffset? Since,
    DateTimeOffset? AwayUntil, TrafficBody Traffic);

/// <summary>Figures of a tunnel.</summary>
/// <param name="Requests">HTTP exchanges since it was first seen.</param>
/// <param name="Errors">Failures since then.</param>
/// <param name="RequestBytes">Bytes from visitors since then, raw ones included.</param>
/// <param name="ResponseBytes">Bytes to visitors since then.</param>
/// <param name="RawConnections">Raw connections that ended since then.</param>
/// <param name="Active">Exchanges and raw connections that run.</param>
/// <param name="RequestsPerSecond">Mean of the last ten seconds.</param>
/// <param name="P50Ms">Median duration of the last one to two minutes.</param>
/// <param name="P95Ms">95th percentile of them.</param>
/// <param name="P99Ms">99th percentile of them.</param>
internal sealed record TrafficBody(
    long Requests, long Errors, long RequestBytes, long ResponseBytes, long RawConnections, int Active, double RequestsPerSecond,
    double? P50Ms, double? P95Ms, double? P99Ms);

/// <summary>One client that is connected.</summary>
/// <param name="Id">Its id, as in the log.</param>
/// <param name="Client">What it calls itself.</param>
/// <param name="Address">Its address.</param>
/// <param name="Token">Name of its token or certificate.</param>
/// <param name="Version">Its version.</param>
/// <param name="Since">When it connected.</param>
/// <param name="RoundTripMs">Round-trip time; null before the first was measured.</param>
/// <param name="Streams">Streams that are open.</param>
/// <param name="Tunnels">Names of its tunnels.</param>
/// <param name="Connects">Private names to which it connects.</param>
/// <param name="Connection">Which of its connections this is: <c>2 of 4</c>; null where it has only one.</param>
internal sealed record ClientBody(
    string Id, string Client, string Address, string Token, string Version, DateTimeOffset Since, double? RoundTripMs, int Streams,
    IReadOnlyList<string> Tunnels, IReadOnlyList<string> Connects, string? Connection);

/// <summary>Figures of one second or minute; names as in the client's inspector.</summary>
/// <param name="At">Its beginning.</param>
/// <param name="Requests">HTTP exchanges that ended.</param>
/// <param name="Status2xx">With 2xx.</param>
/// <param name="Status3xx">With 3xx.</param>
/// <param name="Status4xx">With 4xx.</param>
/// <param name="Status5xx">With 5xx.</param>
/// <param name="Errors">Exchanges and raw connections that failed by name.</param>
/// <param name="RawConnections">Raw connections that ended.</param>
/// <param name="RequestBytes">Bytes from visitors.</param>
/// <param name="ResponseBytes">Bytes to visitors.</param>
/// <param name="P50Ms">Median duration.</param>
/// <param name="P95Ms">95th percentile.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="Active">The most exchanges and raw connections that ran.</param>
internal sealed record PointBody(
    DateTimeOffset At, int Requests, int Status2xx, int Status3xx, int Status4xx, int Status5xx, int Errors, int RawConnections,
    long RequestBytes, long ResponseBytes, double? P50Ms, double? P95Ms, double? P99Ms, int Active);

/// <summary>Figures over time.</summary>
/// <param name="SecondsPerPoint">1 or 60.</param>
/// <param name="Points">Oldest first.</param>
/// <param name="Totals">Since the start; of one tunnel since it was first seen.</param>
/// <param name="Failures">How often each named failure happened.</param>
internal sealed record StatsBody(int SecondsPerPoint, IReadOnlyList<PointBody> Points, TrafficBody Totals, IReadOnlyDictionary<string, long> Failures);

/// <summary>Exchanges that the reader was too slow for.</summary>
internal sealed record MissedBody(int Count);

/// <summary>A token without its secret.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Grants">What it allows, as words (docs/tokens.md); empty for everything but administration.</param>
/// <param name="Source"><c>settings</c>, <c>file</c> or <c>store</c>; only those of the store can be revoked here.</param>
/// <param name="Created">When it was made, if that is known.</param>
/// <param name="Expires">When its time is over.</param>
/// <param name="IsExpired">Its time is over.</param>
/// <param name="Sessions">Clients that are connected with it.</param>
internal sealed record TokenBody(string Name, string Grants, string Source, DateTimeOffset? Created, DateTimeOffset? Expires, bool IsExpired, int Sessions);

/// <summary>A token that is wanted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Grants">What it allows, as words; empty for everything but administration.</param>
internal sealed record TokenOrder(string Name, string Grants = "");

/// <summary>A token that was made.</summary>
/// <param name="Token">What it is.</param>
/// <param name="Secret">Its secret, which is told this once.</param>
internal sealed record CreatedBody(TokenBody Token, string Secret);
