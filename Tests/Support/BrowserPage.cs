using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Hearth.Tests.Support;

/// <summary>A page, and every error that its console showed: violations of its content security policy are among them.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    /// <summary>What Chromium prints for each answer of status 400 and above, which a page cannot prevent.</summary>
    private const string FailedLoad = "Failed to load resource: the server responded with a status of ";

    private readonly ConcurrentQueue<string> errors = new();

    public BrowserPage(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => errors.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.StartsWith(FailedLoad, StringComparison.Ordinal))
                errors.Enqueue(message.Text);
        };
    }

    public IPage Page { get; }

    public IReadOnlyCollection<string> Errors => errors;

    public ILocator this[string selector] => Page.Locator(selector);

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
