namespace LowMem.Report.Tests;

/// <summary>The size map, and the histograms by layer.</summary>
public sealed class MapTests(ReportBrowser browser) : IDisposable
{
    private readonly TinyModel model = new();

    public void Dispose() => model.Dispose();

    [Fact]
    public async Task AClickGoesInAndThePathGoesOut()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        await report.Find(".map-buttons button[aria-label^='layers:']").ClickAsync();
        await report.ShowsAsync(".crumbs [aria-current]", "layers");
        await report.Find(".map-buttons button[aria-label^='layers.5:']").ClickAsync();
        await report.ShowsAsync(".crumbs [aria-current]", "5");
        await report.ShowsAsync(".readout", "layers.5: 3 tensors, 12.1 KiB");

        await report.Find(".crumbs button >> nth=0").ClickAsync();

        await report.ShowsAsync(".crumbs [aria-current]", "all");
    }

    [Fact]
    public async Task TheKeyboardGoesInAndOut()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        await report.Find(".map-buttons button[aria-label^='layers:']").FocusAsync();
        await report.Page.Keyboard.PressAsync("Enter");
        await report.ShowsAsync(".crumbs [aria-current]", "layers");
        await report.Page.Keyboard.PressAsync("ArrowRight");
        string? second = await report.Page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label')");
        await report.Page.Keyboard.PressAsync("Escape");

        Assert.StartsWith("layers.1:", second, StringComparison.Ordinal);
        await report.ShowsAsync(".crumbs [aria-current]", "all");
        Assert.StartsWith("layers:", await report.Page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label')"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheMapIsDrawn()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        // Padding on each level once left nothing of small boxes.
        int colours = await report.Page.EvaluateAsync<int>(
            """
            () => {
              const canvas = document.querySelector('.map canvas');
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              const seen = new Set();
              for (let i = 0; i < data.length; i += 4 * 97) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
              return seen.size;
            }
            """);

        Assert.InRange(colours, 4, 5000);
    }

    [Fact]
    public async Task AnOddLayerIsMarkedAndOnlyThat()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers(), values: true));

        await report.ShowsAsync("#layers .alert", "1 tensor stands out");
        await report.ShowsAsync("#layers .marked", "layers.5.mlp.weight");
        Assert.Equal(1, await report.Find(".cellbox.odd").CountAsync());
        Assert.StartsWith("5: mean ", await report.Find(".cellbox.odd").GetAttributeAsync("aria-label"), StringComparison.Ordinal);
        await report.ShowsAsync(".family h3 >> nth=0", "layers.*.mlp.weight");
    }
}
