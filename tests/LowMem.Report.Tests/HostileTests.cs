namespace LowMem.Report.Tests;

/// <summary>Names that a hostile file chose are text, and nothing else.</summary>
public sealed class HostileTests(ReportBrowser browser) : IDisposable
{
    private static readonly string[] Names =
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "<img src=x onerror=alert(2)>",
        "\"'><svg onload=alert(3)>",
        "]]>{{data}}{{script}}",
        "javascript:alert(4)",
        "a\0b\u001b[31m",
        "\u202egnp.exe\u2066",
        "\u2028\u2029",
        "__proto__",
        "constructor.prototype.polluted",
        "..",
        string.Empty,
        new('x', 4096),
        string.Concat(Enumerable.Repeat("d.", 100)) + "deep",
        "😀.<b>bold</b>",
    ];

    private readonly TinyModel model = new();

    public void Dispose() => model.Dispose();

    [Fact]
    public async Task TheWorstNamesAreText()
    {
        var tensors = Names.SelectMany(name => Enumerable.Range(0, 4).Select(i => ($"{name}.{i}", 16, 1f))).Append(("<b>.key", 16, 1f)).ToArray();
        string before = model.Write("before.safetensors", tensors.Where((_, i) => i % 5 > 0), seed: 2);
        string path = model.Report(model.Write("</script><script>alert(0)</script>.safetensors".Replace("/", "_", StringComparison.Ordinal), tensors), values: true, reference: before);
        await using var report = await browser.OpenAsync(path);

        // The scripts are the data and the page's own, whatever names say.
        Assert.Equal(2, await report.Find("script").CountAsync());
        Assert.Equal(0, await report.Find("img, iframe, object, b:not(.types b), #app script").CountAsync());
        Assert.Equal("undefined", await report.Page.EvaluateAsync<string>("typeof ({}).polluted"));

        await report.Find("#find").FillAsync("</script>");
        await report.ShowsAsync(".status", "4 of 65 tensors");
        Assert.Equal(["</script><script>alert(1)</script>.0"], await report.KeysAsync("tensors-grid", 1));

        foreach (string group in (string[])["pattern", "block", "module", "dtype", "shape", "file"])
        {
            await report.Find("#find").FillAsync(string.Empty);
            await report.Find("#group").SelectOptionAsync(group);
            await report.Find("#tensors-grid .row.group >> nth=0").ClickAsync();
            Assert.NotEmpty(await report.KeysAsync("tensors-grid", 1));
        }

        string shown = await report.TextAsync("body");
        Assert.DoesNotContain('\u202e', shown);
        Assert.DoesNotContain('\u001b', shown);
    }

    [Fact]
    public async Task ThePolicyRunsNothingButThePagesOwnScript()
    {
        await using var report = await browser.OpenAsync(model.Report(model.WriteLayers()));

        string[] refused = await report.Page.EvaluateAsync<string[]>(
            """
            async () => {
              const found = [];
              document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective));
              const script = document.createElement('script');
              try { script.textContent = 'window.ran = true'; document.body.append(script); } catch { found.push('trusted-types'); }
              try { document.body.innerHTML += '<p>'; } catch { found.push('trusted-types'); }
              await fetch('http://127.0.0.1:9/').catch(() => {});
              await new Promise((done) => setTimeout(done, 100));
              return [...new Set(found)].concat(window.ran ? ['it ran'] : []);
            }
            """);

        Assert.Contains("trusted-types", refused);
        Assert.Contains("connect-src", refused);
        Assert.DoesNotContain("it ran", refused);
        report.Forget();
    }

    [Fact]
    public async Task ACheckpointOfNothingHasAPage()
    {
        await using var report = await browser.OpenAsync(model.Report(model.Write("empty.safetensors", []), values: true));

        await report.ShowsAsync("#overview", "Tensors");
        Assert.Equal(0, await report.Find("#map, #tensors, #layers").CountAsync());
    }
}
