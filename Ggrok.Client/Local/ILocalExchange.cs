using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>One request replayed against the local service, whatever it speaks.</summary>
internal interface ILocalExchange
{
    /// <summary>Status of the response; 0 while there is none.</summary>
    int Status { get; }

    /// <summary>Size of the request body in bytes.</summary>
    long RequestBytes { get; }

    /// <summary>Size of the response body in bytes.</summary>
    long ResponseBytes { get; }

    /// <summary>Runs the exchange; returns how it failed.</summary>
    ValueTask<RelayError> RunAsync();
}
