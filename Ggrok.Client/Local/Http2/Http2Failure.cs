using System.Net.Http;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Local.Http2;

/// <summary>Names for what the platform's client throws.</summary>
internal static class Http2Failure
{
    // RFC 9113 section 7.
    private const long Cancel = 0x8;
    private const long Http11Required = 0xd;

    /// <summary>The name of a failure.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="hasHead">It was thrown after the response's head.</param>
    /// <param name="isNotHttp2">The service has answered with something that is not HTTP/2.</param>
    public static RelayError Of(Exception failure, bool hasHead, bool isNotHttp2)
    {
        for (Exception? e = failure; e is not null; e = e.InnerException)
        {
            if (e is HttpProtocolException { ErrorCode: Cancel })
            {
                return RelayError.LocalCancelled;
            }

            if (e is HttpProtocolException { ErrorCode: Http11Required })
            {
                return RelayError.LocalProtocol;
            }
        }

        return hasHead ? RelayError.ResponseBodyLocal
            : failure is HttpRequestException request ? OfRequest(request, isNotHttp2)
            : RelayError.ResponseHeadLocal;
    }

    private static RelayError OfRequest(HttpRequestException failure, bool isNotHttp2) => failure.HttpRequestError switch
    {
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => RelayError.LocalUnreachable,
        HttpRequestError.SecureConnectionError => RelayError.LocalTlsFailed,
        HttpRequestError.VersionNegotiationError => RelayError.LocalProtocol,
        HttpRequestError.ConfigurationLimitExceeded => RelayError.ResponseHeadInvalid,
        _ => isNotHttp2 ? RelayError.LocalProtocol : RelayError.ResponseHeadLocal,
    };
}
