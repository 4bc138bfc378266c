using System.Text.Json;
using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Audit;

/// <summary>
/// Who opened what, who was refused, who made tokens: one JSON object a line, for a file or the server's own log. Never waits:
/// what finds the queue full is counted, and the count is written. Has no secrets.
/// </summary>
public sealed class AuditLog
{
    private readonly IAuditTarget? _target;
    private readonly TimeProvider _time;

    internal AuditLog(IAuditTarget? target, TimeProvider time)
    {
        _target = target;
        _time = time;
    }

    /// <summary>Somebody logged in to the server's page or API, or tried to.</summary>
    /// <param name="identity">Who; null when the login was refused for an unknown token.</param>
    /// <param name="remote">The visitor's own address.</param>
    /// <param name="allowed">Whether the login succeeded.</param>
    public void AdminLogin(Identity? identity, string remote, bool allowed) =>
        Write(new AuditEvent(allowed ? "adminLogin" : "adminRefused") { Token = identity?.Id, Remote = Printable.Clean(remote) });

    /// <summary>An administrator did something that is no matter of tokens, such as ending a session.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="remote">The visitor's own address.</param>
    /// <param name="what">What, in words.</param>
    public void AdminAction(Identity identity, string remote, string what) =>
        Write(new AuditEvent("adminAction") { Token = identity.Id, Remote = Printable.Clean(remote), Reason = Printable.CleanMessage(what) });

    internal void InboxDropped(string token, string remote, string what) =>
        Write(new AuditEvent("inboxDropped") { Token = token, Remote = Printable.Clean(remote), Reason = Printable.CleanMessage(what) });

    internal void Registered(TunnelSession session, Welcome welcome) => Write(new AuditEvent("registered")
    {
        Session = session.Id,
        Token = session.Identity.Id,
        Client = Printable.Clean(session.Hello.Label),
        Remote = session.Remote,
        Tunnels = [.. welcome.Tunnels.Select(t => t.Url)],
        Connects = welcome.Connect is { } names ? [.. names.Select(n => n.Name)] : null,
    });

    internal void Ended(TunnelSession session, CloseReason reason) =>
        Write(new AuditEvent("ended") { Session = session.Id, Token = session.Identity.Id, Client = Printable.Clean(session.Hello.Label), Remote = session.Remote, Reason = reason.ToString() });

    internal void Refused(Identity? identity, string? label, string remote, RejectCode code, string message) => Write(new AuditEvent("refused")
    {
        Token = identity?.Id,
        Client = label is null ? null : Printable.Clean(label),
        Remote = Printable.Clean(remote),
        Code = code.ToString(),
        Reason = Printable.CleanMessage(message),
    });

    internal void LegacyRegistered(Identity identity, string host, string remote) =>
        Write(new AuditEvent("registered") { Token = identity.Id, Client = "an old Go client", Remote = remote, Tunnels = [Printable.Clean(host)] });

    internal void LegacyEnded(Identity identity, string host, string remote) =>
        Write(new AuditEvent("ended") { Token = identity.Id, Client = "an old Go client", Remote = remote, Tunnels = [Printable.Clean(host)] });

    internal void Throttled(string remote, TimeSpan wait) =>
        Write(new AuditEvent("throttled") { Remote = Printable.Clean(remote), Seconds = Edge.BruteForce.FailureThrottle.RetryAfterSeconds(wait) });

    internal void TokenCreated(string name, string grants, string by) =>
        Write(new AuditEvent("tokenCreated") { Token = name, Grants = grants, By = Printable.Clean(by) });

    internal void TokenRevoked(string name, string by) =>
        Write(new AuditEvent("tokenRevoked") { Token = name, By = Printable.Clean(by) });

    internal void Reloaded(IReadOnlyList<string> added, IReadOnlyList<string> removed, IReadOnlyList<string> changed) =>
        Write(new AuditEvent("tokensReloaded") { Added = added, Removed = removed, Changed = changed });

    /// <summary>One event as a line, without its end.</summary>
    internal static string LineOf(AuditEvent happened) => JsonSerializer.Serialize(happened, AuditJson.Default.AuditEvent);

    private void Write(AuditEvent happened) => _target?.Take(happened with { Time = _time.GetUtcNow().UtcDateTime });
}

/// <summary>Where lines of the audit log go. Must not wait.</summary>
internal interface IAuditTarget
{
    /// <summary>Takes one event, or counts it as lost.</summary>
    void Take(AuditEvent happened);
}
