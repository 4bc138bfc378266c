using System.Globalization;
using Ggrok.Client.Connection;
using Ggrok.Shared.Protocol;

namespace Ggrok.Client.Diagnosis;

/// <summary>Whether what answers is a Ggrok server.</summary>
internal sealed class HttpCheck : ICheck
{
    public CheckName Name => CheckName.Http;

    public string? Obstacle(Examination examination) => !examination.IsReached ? "there is no connection"
        : examination.Options!.Server.Scheme == Uri.UriSchemeHttps && !examination.IsSecured ? "TLS failed"
        : null;

    public async Task<Finding> LookAsync(Examination examination, CancellationToken limit)
    {
        Uri server = examination.Options!.Server;
        try
        {
            examination.Answer = await examination.Probe.First.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            bool isOther = e.HttpRequestError is HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded;
            return isOther
                ? Finding.Fail("what listens there does not answer HTTP", $"Check host and port of --server{(server.Scheme == Uri.UriSchemeHttp ? $"; if it speaks TLS, write https://{server.Authority}" : "")}.")
                : Finding.Fail(Unreachable.Explain(server, e));
        }

        return Judge(examination.Answer, server);
    }

    private static Finding Judge(ServerAnswer answer, Uri server)
    {
        string who = answer.Program is null ? "a web server that gives no name" : $"a web server that calls itself {answer.Program}";
        string status = answer.Status.ToString(CultureInfo.InvariantCulture);
        return answer switch
        {
            { Health: "ok" } => Finding.Pass(answer.Program is null ? "a Ggrok server answers" : $"a Ggrok server answers, through {answer.Program}"),
            { Health: "draining" } => Finding.Fail("a Ggrok server answers, which is shutting down", "Try again in a moment; if it stays so, look at the platform that runs it."),
            { Status: >= 300 and < 400, Location: { } to } => Finding.Fail(
                $"it answers {status} and sends to {Printable.Clean(to.ToString())}", $"Write the address where the Ggrok server is itself{Redirected(server, to)}."),
            { Status: >= 500 } => Finding.Fail($"{who} answers {status}", "It is in front of a Ggrok server that does not run or cannot be reached from there, or it is none; look at its log."),
            _ => Finding.Fail($"no Ggrok server: {who} answers {status}", "Check host and port of --server; the server must own the whole host, the path /$$ggrok with it."),
        };
    }

    private static string Redirected(Uri server, Uri to) =>
        to.IsAbsoluteUri && to.Scheme is "http" or "https" && to.Authority + to.Scheme != server.Authority + server.Scheme ? $": --server {to.GetLeftPart(UriPartial.Authority)}" : "";
}
