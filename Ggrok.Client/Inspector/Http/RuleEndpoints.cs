using Ggrok.Client.Cli;
using Ggrok.Client.Inspector.Http.Contracts;
using Ggrok.Client.Inspector.Rules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ggrok.Client.Inspector.Http;

/// <summary>The rules: shown, and changed for the rest of the run.</summary>
internal sealed class RuleEndpoints(InspectorState state) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/rules", context => context.JsonAsync(Shown(state.Rules), InspectorJson.Relaxed.IReadOnlyListRuleDetails));
        routes.MapPost("/api/rules", AddAsync);
        routes.MapPut("/api/rules/{name}", ReplaceAsync);
        routes.MapDelete("/api/rules/{name}", RemoveAsync);
    }

    /// <summary>What is shown of all rules, in their order.</summary>
    public static IReadOnlyList<RuleDetails> Shown(RuleBook rules) => [.. rules.All.Select(RuleProjection.Of)];

    private async Task AddAsync(HttpContext context)
    {
        Rule rule = await ReadAsync(context).ConfigureAwait(false);
        Require(state.Rules.Add(rule), rule.Name, rule.Name);
        await ShowAsync(context, rule.Name, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private async Task ReplaceAsync(HttpContext context)
    {
        string name = NameOf(context);
        Rule rule = await ReadAsync(context).ConfigureAwait(false);
        Require(state.Rules.Replace(name, rule), name, rule.Name);
        await ShowAsync(context, rule.Name, StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private Task RemoveAsync(HttpContext context)
    {
        string name = NameOf(context);
        Require(state.Rules.Remove(name), name, name);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task<Rule> ReadAsync(HttpContext context) =>
        RuleProjection.RuleOf(await context.ReadAsync(InspectorJson.Relaxed.RuleDetails).ConfigureAwait(false), state.Options.Tunnels);

    // Somebody else may have removed it already.
    private Task ShowAsync(HttpContext context, string name, int status) => state.Rules.All.FirstOrDefault(e => e.Rule.Name == name) is { } entry
        ? context.JsonAsync(RuleProjection.Of(entry), InspectorJson.Relaxed.RuleDetails, status)
        : throw NoRule(name);

    private static string NameOf(HttpContext context) => (string)context.GetRouteValue("name")!;

    private void Require(RuleChange change, string name, string newName)
    {
        if (change != RuleChange.Done)
        {
            throw change switch
            {
                RuleChange.NoSuchRule => NoRule(name),
                RuleChange.NameTaken => new ApiException(StatusCodes.Status409Conflict, $"There is a rule {newName.Quoted()} already.", "Give it another name, or change that one with PUT."),
                _ => new ApiException(StatusCodes.Status409Conflict, $"There are {RuleBook.Most} rules, the most that there may be.", "Remove some."),
            };
        }
    }

    private ApiException NoRule(string name)
    {
        string[] known = [.. state.Rules.All.Select(e => e.Rule.Name)];
        return new ApiException(StatusCodes.Status404NotFound, $"There is no rule {name.Quoted()}.",
            Spelling.Nearest(name, known) is { } near ? $"Did you mean {near}?" : known.Length == 0 ? "There are none; POST /api/rules adds one." : $"There are {string.Join(", ", known.Take(20))}.");
    }
}
