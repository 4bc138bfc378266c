using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>Lets the first rule that is about a request act: latency first, then errors, then a fixed response or the hold.</summary>
/// <param name="rules">The rules.</param>
/// <param name="held">Where requests are held; null where nobody could release them.</param>
/// <param name="time">Clock.</param>
/// <param name="random">Gives a number from 0 to below 1 for each request that may get an error.</param>
/// <param name="stop">The client stops: nothing waits any more.</param>
internal sealed class Interceptor(RuleBook rules, HeldRequests? held, TimeProvider time, Func<double> random, CancellationToken stop) : IRequestInterceptor
{
    private static readonly Task<Interception> None = Task.FromResult(default(Interception));

    /// <inheritdoc/>
    public bool TryIntercept(MuxStream stream, RequestHead request, LocalTunnel tunnel, RecordingExchange? recording, out Task<Interception> interception)
    {
        ActiveRule? entry = rules.Find(tunnel.Name, request);
        interception = entry is null ? None : ActAsync(entry, stream, request, recording);
        return entry is not null;
    }

    private async Task<Interception> ActAsync(ActiveRule entry, MuxStream stream, RequestHead request, RecordingExchange? recording)
    {
        Rule rule = entry.Rule;
        entry.Hits.Add();
        recording?.RuleActs(rule.Name, hold: false);
        if (rule.Latency > TimeSpan.Zero)
        {
            await WaitAsync(stream, rule.Latency).ConfigureAwait(false);
            recording?.Released();
            if (stream.Error != RelayError.None)
            {
                return new Interception { Error = stream.Error };
            }
        }

        FixedResponse? response = rule.ErrorRate > 0 && random() < rule.ErrorRate ? ErrorOf(rule) : rule.Response;
        return response is not null ? new Interception { Answer = new FixedExchange(response, stream, request, recording) }
            : rule.Hold && held is not null && recording is not null ? await held.HoldAsync(entry, stream, request, recording).ConfigureAwait(false)
            : new Interception { Request = request };
    }

    private async Task WaitAsync(MuxStream stream, TimeSpan latency)
    {
        using var early = CancellationTokenSource.CreateLinkedTokenSource(stream.Aborted, stop);
        await Task.Delay(latency, time, early.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static FixedResponse ErrorOf(Rule rule) => FixedResponse.OfText(rule.ErrorStatus, string.Create(CultureInfo.InvariantCulture,
        $"The rule {rule.Name} of ggrok answers some requests with {rule.ErrorStatus}.\n"));
}
