namespace Ggrok.Client.Inspector.Recording;

/// <summary>How far an exchange is.</summary>
internal enum ExchangeState
{
    /// <summary>Running.</summary>
    Active,

    /// <summary>Waits for somebody to release it.</summary>
    Held,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Where a request came from.</summary>
internal enum ExchangeSource
{
    /// <summary>A visitor, through the tunnel.</summary>
    Visitor,

    /// <summary>Somebody sent a recorded request again.</summary>
    Replay,

    /// <summary>A HAR file.</summary>
    Import,
}
