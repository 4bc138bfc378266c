using Ggrok.Client.Output;

namespace Ggrok.Client.Diagnosis;

/// <summary>The server's clock beside ours.</summary>
internal sealed class ClockCheck : ICheck
{
    private static readonly TimeSpan Much = TimeSpan.FromSeconds(60);

    public CheckName Name => CheckName.Clock;

    public string? Obstacle(Examination examination) => examination.Answer switch
    {
        null => "nothing answered",
        { ClockOffset: null } => "the answer has no Date",
        _ => null,
    };

    public Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        TimeSpan offset = examination.Answer!.ClockOffset!.Value;
        var measured = new Dictionary<string, double> { ["offsetSeconds"] = Math.Round(offset.TotalSeconds) };
        string side = offset > TimeSpan.Zero ? "ahead of" : "behind";
        Finding finding = offset.Duration() > Much
            ? Finding.Warn($"the server's clock is {Describe(offset.Duration())} {side} this machine's",
                "Set the one that is wrong (timedatectl set-ntp true): certificates and the signatures of webhooks are judged by the time.")
            : Finding.Pass(offset.Duration() < TimeSpan.FromSeconds(2) ? "the same as here" : $"{Describe(offset.Duration())} {side} this machine's");
        return Task.FromResult(finding with { Measured = measured });
    }

    private static string Describe(TimeSpan offset) => offset switch
    {
        { TotalHours: >= 2 } => LineWriter.Number(offset.TotalHours) + " h",
        { TotalMinutes: >= 2 } => LineWriter.Number(offset.TotalMinutes) + " min",
        _ => LineWriter.Number(Math.Round(offset.TotalSeconds)) + " s",
    };
}
