using System.Text.RegularExpressions;

namespace LowMem.Report.Tests;

/// <summary>The table of tensors.</summary>
public sealed class TableTests(ReportBrowser browser) : IDisposable
{
    private readonly TinyModel model = new();

    public void Dispose() => model.Dispose();

    [Fact]
    public async Task AFilterKeepsWhatHasAllWordsAndNoneAfterAMinus()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        await report.Find("#find").FillAsync("layers.*.weight -attn");

        await report.ShowsAsync(".status", "12 of 37 tensors, 96.0 KiB");
        Assert.Equal(["layers.0.mlp.weight", "layers.1.mlp.weight", "layers.2.mlp.weight"], await report.KeysAsync("tensors-grid", 3));
    }

    [Fact]
    public async Task KeysAreInNaturalOrderAndAHeadSorts()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));
        await report.Find("#find").FillAsync("bias");
        var natural = await report.KeysAsync("tensors-grid", 12);
        await report.Find("#find").FillAsync(string.Empty);

        await report.Find(".grid-head .size button").ClickAsync();

        Assert.Equal("layers.2.attn.bias", natural[2]);
        Assert.Equal("layers.10.attn.bias", natural[10]);
        Assert.Equal("descending", await report.Find(".grid-head .size").GetAttributeAsync("aria-sort"));
        Assert.Equal(["layers.0.mlp.weight", "layers.1.mlp.weight"], await report.KeysAsync("tensors-grid", 2));

        await report.Find(".grid-head .size button").ClickAsync();

        Assert.Equal(["layers.0.attn.bias", "layers.1.attn.bias"], await report.KeysAsync("tensors-grid", 2));
    }

    [Fact]
    public async Task GroupsHaveCountsAndOpenByKeyboard()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        await report.Find("#group").SelectOptionAsync("pattern");

        Assert.Equal(4, await report.Find(".row.group").CountAsync());
        await report.ShowsAsync(".row.group >> nth=1", "layers.*.attn.bias");
        await report.ShowsAsync(".row.group >> nth=1", "12 tensors, 1.5 KiB");

        await report.Find("#tensors-grid").FocusAsync();
        await report.Page.Keyboard.PressAsync("ArrowDown");
        await report.Page.Keyboard.PressAsync("Enter");

        Assert.Equal("true", await report.Find(".row.group >> nth=1").GetAttributeAsync("aria-expanded"));
        Assert.Equal(["layers.0.attn.bias"], await report.KeysAsync("tensors-grid", 1));
    }

    [Fact]
    public async Task OfTenThousandTensorsOnlyThoseInViewAreInThePage()
    {
        string path = model.Report(model.Write("large.safetensors", Many(10_000)), values: true);
        await using var report = await browser.OpenAsync(path);

        Assert.InRange(new FileInfo(path).Length, 100_000, 5_000_000);
        await report.ShowsAsync(".status", "10,000 tensors");
        Assert.InRange(await report.Find("#tensors-grid .row").CountAsync(), 10, 60);
        await report.Find("#find").FillAsync("layers.777.part3");
        await report.ShowsAsync(".status", "1 of 10,000 tensors");
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(30_000)]
    public async Task AKeyInTheTableActsOnWhatWasFilteredLast(int count)
    {
        await using var report = await browser.OpenAsync(model.Report(model.Write($"many{count}.safetensors", Many(count))));
        await report.Find("#find").FillAsync("layers.1*.part3");
        await report.ShowsAsync(".status", $" of {count:N0} tensors");

        // All in one task of the page, as hands that are quicker than any clock of it.
        await report.Page.EvaluateAsync("""
            () => {
                const find = document.getElementById('find');
                const grid = document.getElementById('tensors-grid');
                find.focus();
                find.value = '';
                find.dispatchEvent(new Event('input', { bubbles: true }));
                grid.focus();
                grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
            }
            """);

        await report.ShowsAsync("#tensors-grid .row.active", $"layers.{(count / 10) - 1}.part9.weight");
        await report.ShowsAsync(".status", $"{count:N0} tensors");
    }

    [Fact]
    public async Task ARowOpensWhatIsKnownOfTheTensor()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers(), values: true));

        await report.Find("#find").FillAsync("layers.5.mlp");
        await report.Find("#tensors-grid .row").ClickAsync();

        await report.ShowsAsync("#details h2", "layers.5.mlp.weight");
        Assert.Matches(new Regex("spread [56]\\.\\d times as wide as its siblings"), await report.TextAsync("#details .alert"));
        await report.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(report.Find("#details")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task DifferencesComeLargestFirst()
    {
        string before = model.WriteLayers("before.safetensors");
        string after = model.Write("after.safetensors", [("embed.weight", 2000, 0.02f), ("layers.0.attn.weight", 1024, 0.5f), ("new.weight", 8, 1f)]);
        await using var report = await browser.OpenAsync(model.Report(after, reference: before));

        await report.ShowsAsync("#differences", "after.safetensors against before.safetensors: 1 added, 35 removed, 1 with other values.");
        await report.Find("#differences-grid .relative button").ClickAsync();

        Assert.Equal(["layers.0.attn.weight"], await report.KeysAsync("differences-grid", 1));
    }

    private static IEnumerable<(string Key, int Count, float Spread)> Many(int count) =>
        Enumerable.Range(0, count).Select(i => ($"layers.{i / 10}.part{i % 10}.weight", 4, 1f));
}
