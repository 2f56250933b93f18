namespace LowMem.Report.Tests;

/// <summary>A page in the browser. When it is left, nothing may have gone wrong in it, and nothing but the file may have been asked for.</summary>
internal sealed class OpenReport : IAsyncDisposable
{
    /// <summary>Milliseconds after which something never comes, on a machine that is busy with other tests.</summary>
    public const int Patience = 120_000;

    private readonly IBrowserContext context;
    private readonly List<string> wrong = [];

    private OpenReport(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
    }

    public IPage Page { get; }

    public static async Task<OpenReport> CreateAsync(IBrowserContext context, string path)
    {
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(Patience);
        var report = new OpenReport(context, page);
        string address = new Uri(path).AbsoluteUri;
        page.Console += (_, message) => report.wrong.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => report.wrong.Add(error);
        page.Dialog += async (_, dialog) =>
        {
            report.wrong.Add($"a dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (request.Url != address)
            {
                report.wrong.Add($"a request: {request.Url}");
            }
        };

        // What a browser tells the page alone, such as a size that changes while sizes are told.
        await page.AddInitScriptAsync("addEventListener('error', event => console.error(event.message))");
        await page.GotoAsync(address);
        await page.WaitForSelectorAsync("html[data-ready]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
        return report;
    }

    /// <summary>Takes what went wrong as it is: a test made it so.</summary>
    public void Forget() => wrong.Clear();

    public ILocator Find(string selector) => Page.Locator(selector);

    public Task<string> TextAsync(string selector) => Page.Locator(selector).InnerTextAsync();

    /// <summary>The keys of the first rows of a table.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string table, int count) =>
        [.. (await Page.Locator($"#{table} .row .cell.key bdi").AllInnerTextsAsync()).Take(count)];

    /// <summary>Asserts that a text is there, within the time that a browser may take to show it.</summary>
    public Task ShowsAsync(string selector, string text) => Assertions.Expect(Page.Locator(selector)).ToContainTextAsync(text);

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Empty(wrong);
    }
}
