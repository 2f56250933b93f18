namespace LowMem.Report.Tests;

/// <summary>The page on screens of three sizes, in light and dark, on paper, and for a screen reader.</summary>
public sealed class LookTests(ReportBrowser browser) : IDisposable
{
    private readonly TinyModel model = new();

    public void Dispose() => model.Dispose();

    [Theory]
    [InlineData(1600)]
    [InlineData(800)]
    [InlineData(360)]
    public async Task NothingIsWiderThanTheWindow(int width)
    {
        await using var report = await browser.OpenAsync(ReportAll(), width);

        Assert.Equal(0, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.True(await report.Find("#tensors-grid .row .cell.key >> nth=0").IsVisibleAsync());
        Assert.True(await report.Find("#tensors-grid .row .cell.size >> nth=0").IsVisibleAsync());
    }

    [Fact]
    public async Task DarkIsDarkAndTheButtonChangesIt()
    {
        await using var report = await browser.OpenAsync(ReportAll(), scheme: ColorScheme.Dark);
        const string Brightness = "() => { const c = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number); return Math.round(c[0] + c[1] + c[2]); }";

        Assert.InRange(await report.Page.EvaluateAsync<int>(Brightness), 0, 120);
        await report.Find("#theme").ClickAsync();

        Assert.Equal("Theme: light", await report.TextAsync("#theme"));
        Assert.InRange(await report.Page.EvaluateAsync<int>(Brightness), 650, 765);
    }

    [Fact]
    public async Task PaperHasRowsOneBelowTheOtherAndNoControls()
    {
        await using var report = await browser.OpenAsync(ReportAll(), width: 750, scheme: ColorScheme.Dark);

        await report.Page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });

        await Assertions.Expect(report.Find("#tensors-grid .row")).ToHaveCountAsync(37);
        await Assertions.Expect(report.Find("#find")).ToBeHiddenAsync();
        Assert.Equal("static", await report.Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('#tensors-grid .row')).position"));
        Assert.Equal("rgb(255, 255, 255)", await report.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        byte[] paper = await report.Page.PdfAsync();
        Assert.StartsWith("%PDF", System.Text.Encoding.ASCII.GetString(paper, 0, 4), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task AxeFindsNothing(ColorScheme scheme, int width)
    {
        NodeModules.Require();
        await using var report = await browser.OpenAsync(ReportAll(), width, scheme, allowsScripts: true);
        await report.Page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(NodeModules.Sources, "node_modules", "axe-core", "axe.min.js"), TestContext.Current.CancellationToken));

        Assert.Empty(await RunAxeAsync(report));

        await report.Find("#group").SelectOptionAsync("pattern");
        await report.Find(".row.group >> nth=1").ClickAsync();
        await report.Find("#tensors-grid .row:not(.group) >> nth=0").ClickAsync();

        Assert.Empty(await RunAxeAsync(report));
    }

    private static Task<string[]> RunAxeAsync(OpenReport report) => report.Page.EvaluateAsync<string[]>(
        """
        async () => {
          const { passes, violations } = await axe.run();
          const looked = passes.length > 15 ? [] : [`only ${passes.length} rules looked at anything`];
          return looked.concat(violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.html} ${node.failureSummary}`)));
        }
        """);

    /// <summary>A page with all that a page can have.</summary>
    private string ReportAll() => model.Report(model.WriteLayers(seed: 2), values: true, reference: model.WriteLayers("before.safetensors"));
}
