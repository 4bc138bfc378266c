using System.Text.Json.Serialization;
using Ggrok.Client.Inspector.Http;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Replay;
using Ggrok.Shared.Protocol;
using Microsoft.AspNetCore.Http;

namespace Ggrok.Client.Inspector.Rules;

/// <summary>What shall become of a held request; the schema Release in openapi.json says what each field means.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ReleaseOrder : RequestEdit
{
    /// <summary>continue, respond or abort; continue without.</summary>
    public string? Action { get; init; }

    /// <summary>The response of respond.</summary>
    public FixedResponseDetails? Response { get; init; }

    private bool IsEdited => Method is not null || Target is not null || Headers is not null || ReplacesBody;

    /// <summary>The decision about a request.</summary>
    /// <exception cref="ApiException">The order is contradictory, or a part of it cannot be sent.</exception>
    public HoldDecision DecisionOn(RequestHead request) => (Action ?? "continue", Response) switch
    {
        ("continue", null) => IsEdited ? Edited(request) : new HoldDecision.Continue(),
        ("respond" or "abort", _) when IsEdited => throw Wrong(
            $"{Action} sends nothing to the local service, so nothing of the request can be changed.", "Write continue as the action, or leave method, target, headers and body out."),
        ("respond", { } response) => new HoldDecision.Respond(RuleProjection.ResponseOf(response, "response")),
        ("respond", null) => throw Wrong("respond needs a response.", """Write {"action": "respond", "response": {"status": 200}}."""),
        ("abort", null) => new HoldDecision.Abort(),
        ("continue" or "abort", _) => throw Wrong($"{Action ?? "continue"} takes no response.", "Leave it out, or write respond as the action."),
        _ => throw Wrong("The action is none of continue, respond and abort.", null),
    };

    private HoldDecision.Continue Edited(RequestHead request)
    {
        if (Method == "HEAD" && request.Method != "HEAD")
        {
            throw Wrong("method: The visitor waits for another answer than HEAD has.", "Choose another method.");
        }

        (RequestHead head, ReadOnlyMemory<byte> body) = Apply(request, default);
        if (request.Upgrade is not null && head.HasBody)
        {
            throw Wrong("body: A request that asks for an upgrade has no body.", "Leave it out.");
        }

        if (ReplacesBody)
        {
            return new HoldDecision.Continue(head, body);
        }

        // The visitor's body follows, as long as the visitor said.
        head.Headers.RemoveAll(IsLength);
        head.Headers.AddRange(request.Headers.Where(IsLength));
        return new HoldDecision.Continue(head);
    }

    private static bool IsLength(HeaderField field) => field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);

    private static ApiException Wrong(string title, string? detail) => new(StatusCodes.Status400BadRequest, title, detail);
}
