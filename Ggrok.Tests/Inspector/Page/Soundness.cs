using System.Text.Json;
using Ggrok.Tests.Testing;
using Microsoft.Playwright;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>What every page must be: usable by everybody, and not wider than the screen.</summary>
internal static class Soundness
{
    private static readonly Lazy<Task<string>> Axe = new(() => File.ReadAllTextAsync(Repository.PathOf("Ggrok.Tests", "Peers", "node_modules", "axe-core", "axe.min.js")));

    private static readonly Lazy<Task<string>> Contrast = new(() => File.ReadAllTextAsync(Repository.PathOf("Ggrok.Tests", "Inspector", "Page", "contrast.js")));

    /// <summary>No violation that axe calls serious or critical, and enough contrast of every text.</summary>
    public static async Task CheckAsync(IPage page, string where)
    {
        await page.EvaluateAsync("Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations === 1).map((a) => a.finished.catch(() => {})))");
        (await page.EvaluateAsync<string[]>(await Contrast.Value)).ShouldBeEmpty(where);
        if (!await page.EvaluateAsync<bool>("'axe' in window"))
        {
            await page.EvaluateAsync(await Axe.Value);
        }

        JsonElement? found = await page.EvaluateAsync("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} (${any.map(({ message }) => message).join(', ')})`).join(' ')}`))");
        found!.Value.EnumerateArray().Select(v => v.GetString()).ShouldBeEmpty(where);
    }

    /// <summary>Nothing makes the page wider than the screen.</summary>
    public static async Task NothingIsCutAsync(IPage page) =>
        (await page.EvaluateAsync<string[]>(
            """
            [...document.querySelectorAll('body, main, header, [role=grid], [role=row], article, .page, button, h1, h2, input, table, td, .panel')].filter((node) => {
              const { left, right, width } = node.getBoundingClientRect();
              const scrolls = node.closest('.tabs, .lines, .code');
              return width > 0 && !scrolls && getComputedStyle(node).visibility === 'visible' && (left < -1 || right > innerWidth + 1);
            }).map((node) => node.outerHTML.slice(0, 120))
            """)).ShouldBeEmpty();
}
