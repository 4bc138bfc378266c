using Ggrok.Server.Edge.Credentials;
using Ggrok.Shared.Protocol;

namespace Ggrok.Server.Balancing;

/// <summary>Gives a browser the cookie of the member that answers it, unless it has that already.</summary>
internal sealed class StickyAnswer
{
    private readonly HttpResponse _response;
    private readonly string _name;
    private readonly bool _isHttps;

    private StickyAnswer(HttpContext context, Pool pool, RequestHead head)
    {
        _response = context.Response;
        _isHttps = head.Scheme == Uri.UriSchemeHttps;
        _name = pool.CookieName(_isHttps);
        Asked = OwnCookies.Find(context.Request, _name);
    }

    /// <summary>What the visitor's cookie says; null without one.</summary>
    public string? Asked { get; }

    /// <summary>Token of the member that has the request; null when the answer is the server's own.</summary>
    public string? Chosen { get; set; }

    /// <summary>Reads the cookie, and sees to the answer.</summary>
    public static StickyAnswer For(HttpContext context, Pool pool, RequestHead head)
    {
        var answer = new StickyAnswer(context, pool, head);

        // Late: the response's own cookies are there by then, and it is certain whose response it is.
        context.Response.OnStarting(static state =>
        {
            ((StickyAnswer)state).Give();
            return Task.CompletedTask;
        }, answer);
        return answer;
    }

    private void Give()
    {
        if (Chosen is not null && Chosen != Asked)
        {
            _response.Headers.Append("Set-Cookie", StickyCookie.Format(_name, Chosen, _isHttps));
        }
    }
}
