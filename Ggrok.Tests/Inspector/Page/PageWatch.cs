using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Ggrok.Tests.Inspector.Page;

/// <summary>Everything that must not happen in a page: errors, complaints, violations of its policy, dialogs, windows, requests to elsewhere.</summary>
internal sealed class PageWatch
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _troubles = new();

    public PageWatch(IBrowserContext context, Uri home)
    {
        _context = context;
        context.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(home.AbsoluteUri, StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + home.AbsoluteUri, StringComparison.Ordinal))
            {
                _troubles.Enqueue($"request to {request.Url}");
            }
        };
        context.WebError += (_, error) => _troubles.Enqueue($"error: {error.Error}");
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !Expects(message.Text))
            {
                _troubles.Enqueue($"console {message.Type}: {message.Text} {message.Location}");
            }
        };
        context.Dialog += async (_, dialog) =>
        {
            _troubles.Enqueue($"dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        context.Page += (_, page) =>
        {
            if (context.Pages.Count > 1)
            {
                _troubles.Enqueue($"window: {page.Url}");
            }
        };
    }

    /// <summary>Complaints of the console that belong to the test.</summary>
    public Func<string, bool> Expects { get; set; } = _ => false;

    public IReadOnlyCollection<string> Troubles => _troubles;

    /// <summary>Violations of the content security policy are told to the console in any case, and tasks that hold the page up are measured.</summary>
    public Task InstallAsync() => _context.AddInitScriptAsync(
        """
        addEventListener('securitypolicyviolation', (event) => console.error(`policy ${event.violatedDirective} violated by ${event.blockedURI}`));
        window.longest = 0;
        new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration); }).observe({ type: 'longtask' });
        """);
}
