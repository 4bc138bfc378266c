using System.Globalization;
using Ggrok.Client.Output;
using Ggrok.Shared.Certificates;

namespace Ggrok.Client.Diagnosis;

/// <summary>Goes the way of a tunnel step by step, and says of each step whether it works.</summary>
/// <param name="checks">The steps, in order.</param>
/// <param name="limit">How long each may take.</param>
/// <param name="time">Measures.</param>
internal sealed class Doctor(IReadOnlyList<ICheck> checks, TimeSpan limit, TimeProvider time)
{
    /// <summary>Everything after the configuration.</summary>
    public static IReadOnlyList<ICheck> Checks { get; } =
    [
        new DnsCheck(), new ProxyCheck(), new TcpCheck(), new TlsCheck(), new HttpCheck(), new WebSocketCheck(),
        new TokenCheck(), new ClockCheck(), new RoundTripCheck(), new LocalServiceCheck(),
    ];

    /// <summary>Looks at everything and reports each check as it ends.</summary>
    /// <returns>Whether nothing failed.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async Task<bool> RunAsync(Examination examination, IReportOutput output, CancellationToken stop)
    {
        var reports = new List<CheckReport>();
        foreach (ICheck check in checks)
        {
            long started = time.GetTimestamp();
            output.Begin(check.Name);
            Finding finding = await LookAsync(check, examination, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            reports.Add(new CheckReport(check.Name, finding, time.GetElapsedTime(started)));
            output.Write(reports[^1]);
        }

        output.Finish(examination.Options?.Server, reports);
        return reports.TrueForAll(r => r.Finding.Result != CheckResult.Fail);
    }

    private async Task<Finding> LookAsync(ICheck check, Examination examination, CancellationToken stop)
    {
        if (check.Obstacle(examination) is { } obstacle)
        {
            return Finding.Skipped(obstacle);
        }

        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stop);
        try
        {
            return await check.LookAsync(examination, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return check.TooSlow(examination, string.Create(CultureInfo.InvariantCulture, $"{LineWriter.Number(limit.TotalSeconds)} s"));
        }
        catch (PemException e)
        {
            return Finding.Fail(e.Message);
        }
    }
}

/// <summary>Shows what the checks found.</summary>
internal interface IReportOutput
{
    /// <summary>A check begins.</summary>
    void Begin(CheckName check);

    /// <summary>A check is over.</summary>
    void Write(CheckReport report);

    /// <summary>All are over.</summary>
    void Finish(Uri? server, IReadOnlyList<CheckReport> reports);
}
