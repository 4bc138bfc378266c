using Ggrok.Server.Tunnels;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>Checks local services, each with a timer of its own while its tunnel is open.</summary>
public sealed partial class HealthChecks(TimeProvider time, ILogger<HealthChecks> log)
{
    private readonly TimeProvider _time = time;

    /// <summary>Begins to check the service behind a route; null when it is not to be checked. Disposed, it ends.</summary>
    internal IDisposable? Begin(TunnelRoute route) => route.Member?.Checks is { } terms ? new Check(this, route, route.Member.Health, terms) : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The service of {Client} behind {Name} is well")]
    private partial void LogWell(string client, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service of {Client} behind {Name} fails its health check: {Problem}")]
    private partial void LogIll(string client, string name, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The health check of {Name} failed without a name")]
    private partial void LogUnexpected(Exception exception, string name);

    private sealed class Check : IDisposable
    {
        private readonly HealthChecks _owner;
        private readonly TunnelRoute _route;
        private readonly ActiveHealth _health;
        private readonly HealthTerms _terms;
        private readonly ITimer _timer;
        private int _asking;

        public Check(HealthChecks owner, TunnelRoute route, ActiveHealth health, HealthTerms terms)
        {
            _owner = owner;
            _route = route;
            _health = health;
            _terms = terms;
            _timer = owner._time.CreateTimer(static s => ((Check)s!).Tick(), this, TimeSpan.Zero, terms.Interval);
        }

        public void Dispose() => _timer.Dispose();

        private void Tick()
        {
            // One at a time: a service that takes its time is not asked again meanwhile.
            if (Interlocked.Exchange(ref _asking, 1) == 0)
            {
                _ = AskAsync();
            }
        }

        private async Task AskAsync()
        {
            try
            {
                string? problem = await MemberProbe.AskAsync(_route, _terms, _owner._time).ConfigureAwait(false);
                if (problem is not null && _health.Observe(problem.Length == 0))
                {
                    Tell(problem);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _owner.LogUnexpected(e, _route.Key.ToString());
            }
            finally
            {
                Volatile.Write(ref _asking, 0);
            }
        }

        private void Tell(string problem)
        {
            string client = Printable.Clean(_route.Owner.Label);
            if (problem.Length == 0)
            {
                _owner.LogWell(client, _route.Key.ToString());
            }
            else
            {
                _owner.LogIll(client, _route.Key.ToString(), problem);
            }
        }
    }
}
