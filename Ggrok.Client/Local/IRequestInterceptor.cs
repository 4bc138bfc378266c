using Ggrok.Client.Connection;
using Ggrok.Client.Inspector.Recording;
using Ggrok.Shared.Multiplexing;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local;

/// <summary>Is asked about each visitor's request before the local service sees it.</summary>
internal interface IRequestInterceptor
{
    /// <summary>Looks at a request, without waiting; false for one that goes straight on.</summary>
    /// <param name="stream">The visitor; nothing but the head was read from it.</param>
    /// <param name="request">The request.</param>
    /// <param name="tunnel">The tunnel that it came through.</param>
    /// <param name="recording">Notes what happens, or null.</param>
    /// <param name="interception">What becomes of the request.</param>
    bool TryIntercept(MuxStream stream, RequestHead request, LocalTunnel tunnel, RecordingExchange? recording, out Task<Interception> interception);
}

/// <summary>What becomes of a request: it goes on, it is answered here, or it is broken off.</summary>
internal readonly record struct Interception
{
    /// <summary>The request for the local service, perhaps another than the visitor's. Its body is in the visitor's stream.</summary>
    public RequestHead? Request { get; init; }

    /// <summary>Answers in place of the local service.</summary>
    public ILocalExchange? Answer { get; init; }

    /// <summary>Why it is broken off, or <see cref="RelayError.None"/>.</summary>
    public RelayError Error { get; init; }
}
