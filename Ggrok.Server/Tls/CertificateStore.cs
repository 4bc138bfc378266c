using System.Security.Cryptography.X509Certificates;
using Ggrok.Server.Hosting;
using Ggrok.Shared.Certificates;

namespace Ggrok.Server.Tls;

/// <summary>
/// The server's certificates. When a handshake comes, and at most once a second, their files are looked at; new ones count
/// from that handshake on, and connections that are open go on with the old ones.
/// </summary>
internal sealed partial class CertificateStore
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger<CertificateStore> _log;
    private readonly WatchedFiles<PemPair, PemException>[] _pairs;
    private readonly WatchedFiles<PemAuthorities, PemException>? _clients;
    private CertificateIndex _index;
    private long _lookedAt;
    private int _looking;

    /// <exception cref="PemException">A file cannot be used.</exception>
    public CertificateStore(TlsOptions options, TimeProvider time, ILogger<CertificateStore> log)
    {
        _time = time;
        _log = log;
        _pairs = [.. options.Certificates.Select(f => new WatchedFiles<PemPair, PemException>([f.Certificate, f.Key], () => PemPair.Load(f.Certificate, f.Key)))];
        _clients = options.ClientCaFile is { } file ? new WatchedFiles<PemAuthorities, PemException>([file], () => PemAuthorities.Load(file)) : null;
        _index = Index();
        _lookedAt = time.GetTimestamp();
        Array.ForEach(_pairs, p => Announce(p.Value.Certificate));
    }

    /// <summary>What counts now, without a look at the files.</summary>
    public CertificateIndex Current => Volatile.Read(ref _index);

    /// <summary>What counts for a handshake that begins.</summary>
    public ValueTask<CertificateIndex> ForHandshakeAsync()
    {
        bool due = _time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= LookEvery;
        return due && Interlocked.CompareExchange(ref _looking, 1, 0) == 0
            ? new ValueTask<CertificateIndex>(Task.Run(Look))
            : ValueTask.FromResult(Current);
    }

    // On the pool: files and parsing may take their time, and a handshake runs on a thread that serves sockets.
    private CertificateIndex Look()
    {
        try
        {
            bool changed = _clients is not null && Refresh(_clients);
            foreach (WatchedFiles<PemPair, PemException> pair in _pairs)
            {
                if (Refresh(pair))
                {
                    changed = true;
                    Announce(pair.Value.Certificate);
                }
            }

            if (changed)
            {
                Volatile.Write(ref _index, Index());
            }

            return Current;
        }
        finally
        {
            Volatile.Write(ref _lookedAt, _time.GetTimestamp());
            Volatile.Write(ref _looking, 0);
        }
    }

    private bool Refresh<T>(WatchedFiles<T, PemException> files)
        where T : class
    {
        bool changed = files.Refresh(out string? problem);
        if (problem is not null)
        {
            LogKept(problem);
        }

        return changed;
    }

    private CertificateIndex Index() => new([.. _pairs.Select(p => p.Value)], _clients?.Value);

    private void Announce(X509Certificate2 certificate)
    {
        string names = string.Join(", ", CertificateIndex.NamesOf(certificate).DefaultIfEmpty(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)));
        DateTime now = _time.GetUtcNow().UtcDateTime;
        if (certificate.NotAfter.ToUniversalTime() < now)
        {
            LogExpired(names, certificate.NotAfter.ToUniversalTime());
        }
        else if (certificate.NotBefore.ToUniversalTime() > now)
        {
            LogNotYet(names, certificate.NotBefore.ToUniversalTime());
        }
        else
        {
            LogLoaded(names, certificate.NotAfter.ToUniversalTime());
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate for {Names}, valid until {Until:u}")]
    private partial void LogLoaded(string names, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate for {Names} EXPIRED at {Until:u}: clients and browsers refuse it. Renew its file; the server need not be restarted.")]
    private partial void LogExpired(string names, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate for {Names} is not valid before {From:u}: clients and browsers refuse it. Is the clock of this machine right?")]
    private partial void LogNotYet(string names, DateTime from);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate files changed, but cannot be used; the old ones go on. {Problem}")]
    private partial void LogKept(string problem);
}
