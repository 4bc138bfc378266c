using System.Globalization;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Client.Local;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>The requests that are held now: not too many, and none that nobody will release.</summary>
internal sealed class HeldRequests
{
    /// <summary>Most requests that are held at once.</summary>
    public const int Most = 100;

    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly RuleBook _rules;
    private readonly Action<string> _notice;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, HeldRequest> _held = [];
    private readonly CaptureBudget _budget = new(MaxBytes);
    private bool _isStopped;
    private bool _toldFull;

    /// <param name="rules">The rules; what a rule holds is released when it stops to.</param>
    /// <param name="notice">Receives what people should know.</param>
    public HeldRequests(RuleBook rules, Action<string> notice)
    {
        _rules = rules;
        _notice = notice;
        rules.Changed += ReleaseForsaken;
    }

    /// <summary>The held request of an exchange; null when it is not held.</summary>
    public HeldRequest? Find(long number)
    {
        lock (_lock)
        {
            return _held.GetValueOrDefault(number);
        }
    }

    /// <summary>Holds a request until somebody decides, its visitor leaves, its rule ends or the client stops.</summary>
    public async Task<Interception> HoldAsync(ActiveRule rule, MuxStream stream, RequestHead request, RecordingExchange recording)
    {
        var held = new HeldRequest(rule, stream, request, recording, _budget);
        if (!TryAdd(held))
        {
            return new Interception { Request = request };
        }

        try
        {
            Task<Interception> running = held.RunAsync();

            // It may have changed since the rule was found.
            ReleaseForsaken();
            return await running.ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _held.Remove(held.Number);
                _toldFull &= _held.Count > Most / 2;
            }
        }
    }

    /// <summary>Lets everything go on, and holds nothing any more: the client stops.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        ReleaseForsaken();
    }

    private bool TryAdd(HeldRequest held)
    {
        bool tell;
        lock (_lock)
        {
            if (!_isStopped && _held.Count < Most)
            {
                _held.Add(held.Number, held);
                return true;
            }

            tell = !_isStopped && !_toldFull;
            _toldFull |= tell;
        }

        if (tell)
        {
            _notice(string.Create(CultureInfo.InvariantCulture, $"{Most} requests are held, the most at once; further ones pass until some are released."));
        }

        return false;
    }

    private void ReleaseForsaken()
    {
        HeldRequest[] forsaken;
        lock (_lock)
        {
            forsaken = [.. _held.Values.Where(h => _isStopped || !_rules.IsHolding(h.Rule.Hits))];
        }

        foreach (HeldRequest held in forsaken)
        {
            held.Decide(new HoldDecision.Continue());
        }
    }
}
