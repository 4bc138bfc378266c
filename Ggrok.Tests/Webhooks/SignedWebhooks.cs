using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Ggrok.Shared.Protocol;
using Ggrok.Shared.Webhooks;
using Ggrok.Tests.Peers;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Webhooks;

/// <summary>What a provider is to sign.</summary>
internal sealed record ToSign(WebhookProvider Provider, string Body, string Secret, long Time)
{
    public string Url { get; init; } = "https://hooks.example.com/in?a=1";

    public Dictionary<string, object>? Form { get; init; }

    public string Family { get; init; } = "webhook";

    public string? Format { get; init; }

    public WebhookRequest With(IReadOnlyList<HeaderField> headers) => new(headers, Encoding.UTF8.GetBytes(Body), IsWhole: true, Url);
}

/// <summary>Field lines of webhooks, made by the providers' own packages.</summary>
internal static class SignedWebhooks
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Signs them all at once.</summary>
    public static async Task<List<WebhookRequest>> SignAsync(params ToSign[] requests)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("node", "scripts/sign.mjs")
            {
                WorkingDirectory = NodeProcess.Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(requests, Options));
        process.StandardInput.Close();
        await Within.Bound(process.WaitForExitAsync(), "the signatures");
        process.ExitCode.ShouldBe(0, await errors);
        Dictionary<string, string>[] signed = JsonSerializer.Deserialize<Dictionary<string, string>[]>(await output)!;
        return [.. requests.Zip(signed, (r, fields) => r.With([.. fields.Select(f => new HeaderField(f.Key, f.Value))]))];
    }
}
