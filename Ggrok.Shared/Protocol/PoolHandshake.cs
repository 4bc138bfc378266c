namespace Ggrok.Shared.Protocol;

/// <summary>Several clients shall serve one name together.</summary>
/// <param name="Balance">How requests are shared out: the name of a <see cref="Balancing.BalanceRule"/>; null when any will do.</param>
/// <param name="Key">What every member must know, or null; without it the members must have one token or certificate.</param>
public sealed record PoolRequest(string? Balance = null, string? Key = null);

/// <summary>The server shall check the local service.</summary>
/// <param name="Path">Path, with query, of a GET request that a sound service answers with 2xx or 3xx.</param>
/// <param name="IntervalMs">Time between two checks in milliseconds; null for the usual one.</param>
/// <param name="TimeoutMs">Time for an answer in milliseconds; null for the usual one.</param>
/// <param name="Threshold">Equal results in a row that change what is thought of the service; null for the usual number.</param>
public sealed record HealthRequest(string Path, int? IntervalMs = null, int? TimeoutMs = null, int? Threshold = null);

/// <summary>The pool that a tunnel belongs to, at the moment at which it was opened.</summary>
/// <param name="Members">Members, this one included.</param>
/// <param name="Balance">How requests are shared out: the name of a <see cref="Balancing.BalanceRule"/>.</param>
public sealed record PoolGrant(int Members, string Balance);
