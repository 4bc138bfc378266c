using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>The open page and what it shows, found as a person or a screen reader finds it.</summary>
internal sealed class PageScene(InspectorScene scene, IPage page, PageWatch watch)
{
    public InspectorScene Inspector { get; } = scene;

    public HttpClient Visitor => Inspector.Visitor;

    public IPage Page { get; } = page;

    public PageWatch Watch { get; } = watch;

    public ILocator List => Page.GetByRole(AriaRole.Grid, new() { Name = "Requests" });

    /// <summary>The rows that exist in the page.</summary>
    public ILocator Rows => List.GetByRole(AriaRole.Row);

    public ILocator Details => Page.GetByRole(AriaRole.Article, new() { Name = "Details" });

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    public ILocator Toast => Page.GetByRole(AriaRole.Status).Locator(".toast").Last;

    /// <summary>The row whose label begins so: "GET /path".</summary>
    public ILocator Row(string start) => List.GetByRole(AriaRole.Row, new() { NameRegex = Name("^" + Regex.Escape(start).Replace("/", "\\/", StringComparison.Ordinal)) });

    /// <summary>The row of an exchange.</summary>
    public ILocator Numbered(int number) => Page.Locator(string.Create(CultureInfo.InvariantCulture, $"#x{number}"));

    /// <summary>Opens an exchange by a click, and one of its tabs.</summary>
    public async Task OpenAsync(string row, string tab = "Overview")
    {
        await Row(row).ClickAsync();
        await TabAsync(tab);
    }

    public async Task TabAsync(string name)
    {
        ILocator tab = Details.GetByRole(AriaRole.Tab, new() { NameRegex = Name("^" + name) });
        await tab.ClickAsync();
        await Assertions.Expect(tab).ToHaveAttributeAsync("aria-selected", "true");
    }

    /// <summary>The view of a body: "Request body" or "Response body".</summary>
    public ILocator Body(string name) => Details.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });

    /// <summary>An accessible name by a pattern.</summary>
    public static Regex Name(string pattern) => new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>A button by its exact name.</summary>
    public static ILocator Button(ILocator within, string name) => within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public Task PressAsync(string key) => Page.Keyboard.PressAsync(key);

    /// <summary>Sends requests one after the other, so that their numbers are in this order.</summary>
    public Task VisitAsync(params string[] paths) => VisitAsync(Visitor, paths);

    /// <summary>What the API tells of a request.</summary>
    public async Task<JsonElement> GetRequestAsync(int number) => (await Inspector.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/exchanges/{number}"))).GetProperty("request");

    public static async Task VisitAsync(HttpClient visitor, params string[] paths)
    {
        foreach (string path in paths)
        {
            using HttpResponseMessage response = await visitor.GetAsync(path);
            await response.Content.ReadAsByteArrayAsync();
        }
    }

    public async Task<HttpStatusCode> PostAsync(string path, string body, string type, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        using HttpResponseMessage response = await Visitor.SendAsync(request);
        return response.StatusCode;
    }
}
