namespace Ggrok.Server.Balancing;

/// <summary>What the checks say of a local service.</summary>
internal enum HealthState
{
    /// <summary>It is not checked.</summary>
    Unchecked,

    /// <summary>The first answer is not there yet.</summary>
    Unknown,

    /// <summary>It answers as it should.</summary>
    Healthy,

    /// <summary>It does not.</summary>
    Unhealthy,
}

/// <summary>
/// Makes a state of the results of checks: the first one decides, then so many equal ones in a row are needed to change it. Told
/// by one check at a time.
/// </summary>
/// <param name="threshold">How many; null for a service that is not checked.</param>
internal sealed class ActiveHealth(int? threshold)
{
    private volatile HealthState _state = threshold is null ? HealthState.Unchecked : HealthState.Unknown;
    private int _against;

    /// <summary>What is thought of the service.</summary>
    public HealthState State => _state;

    /// <summary>Takes a result in; true when the state is another one now.</summary>
    public bool Observe(bool well)
    {
        HealthState said = well ? HealthState.Healthy : HealthState.Unhealthy;
        if (said == _state)
        {
            _against = 0;
            return false;
        }

        if (_state != HealthState.Unknown && ++_against < threshold)
        {
            return false;
        }

        _against = 0;
        _state = said;
        return true;
    }
}
