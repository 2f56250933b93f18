namespace LowMem.Report.Tests;

/// <summary>The Chromium of the system, without a window. Where there is none, tests are skipped, and nothing is fetched.</summary>
public sealed class ReportBrowser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome.exe", "msedge.exe"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Starts it where it is installed.</summary>
    public async ValueTask InitializeAsync()
    {
        if (Executables.Find(Names) is { } path)
        {
            playwright = await Playwright.CreateAsync();
            Assertions.SetDefaultExpectTimeout(OpenReport.Patience);
            browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            });
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }

    /// <summary>Opens a page, and notes what goes wrong in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">The width of the window; a phone's is 390.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="allowsScripts">Whether a test may put scripts of its own into the page.</param>
    internal async Task<OpenReport> OpenAsync(string path, int width = 1280, ColorScheme scheme = ColorScheme.Light, bool allowsScripts = false)
    {
        Assert.SkipWhen(browser is null, "Chromium is not installed: on Debian, the package chromium has it.");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme,
            BypassCSP = allowsScripts,
            ReducedMotion = ReducedMotion.Reduce,
        });
        return await OpenReport.CreateAsync(context, path);
    }
}
