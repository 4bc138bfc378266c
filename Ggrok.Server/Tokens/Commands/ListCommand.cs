using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ggrok.Server.Tokens.Store;

namespace Ggrok.Server.Tokens.Commands;

/// <summary><c>tokens list</c>: names and grants, never secrets.</summary>
internal sealed class ListCommand(TextWriter output, TimeProvider time, StoreUser store)
{
    private readonly Option<bool> _json = new("--json") { Description = "As JSON, for programs." };

    public Command Build()
    {
        var list = new Command("list", "Lists the tokens of the store.");
        list.Options.Add(_json);
        list.SetAction((parsed, _) => ListAsync(parsed));
        return list;
    }

    private async Task<int> ListAsync(ParseResult parsed)
    {
        await store(parsed, async tokens =>
        {
            DateTimeOffset now = time.GetUtcNow();
            ListedToken[] listed = [.. (await tokens.ListAsync().ConfigureAwait(false)).Select(t => new ListedToken(t.Name, t.Created, t.Grants.Expires, t.IsExpired(now), t.Words))];
            if (parsed.GetValue(_json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(listed, ListJson.Default.ListedTokenArray)).ConfigureAwait(false);
            }
            else
            {
                await WriteTableAsync(listed).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return 0;
    }

    private async Task WriteTableAsync(ListedToken[] tokens)
    {
        if (tokens.Length == 0)
        {
            await output.WriteLineAsync("No tokens yet. Make one with: dotnet Ggrok.Server.dll tokens create --name ci").ConfigureAwait(false);
            return;
        }

        int width = Math.Max(4, tokens.Max(t => t.Name.Length));
        await output.WriteLineAsync($"{"NAME".PadRight(width)}  CREATED     EXPIRES               ALLOWS").ConfigureAwait(false);
        foreach (ListedToken token in tokens)
        {
            string created = token.Created?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
            string expires = token.Expired ? "expired" : token.Expires is { } end ? GrantWords.Written(end) : "never";
            await output.WriteLineAsync($"{token.Name.PadRight(width)}  {created,-10}  {expires,-20}  {(token.Grants.Length == 0 ? "every tunnel" : token.Grants)}").ConfigureAwait(false);
        }
    }
}

/// <summary>One token in the list.</summary>
internal sealed record ListedToken(string Name, DateTimeOffset? Created, DateTimeOffset? Expires, bool Expired, string Grants);

/// <summary>Source-generated JSON of the list.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ListedToken[]))]
internal sealed partial class ListJson : JsonSerializerContext;
