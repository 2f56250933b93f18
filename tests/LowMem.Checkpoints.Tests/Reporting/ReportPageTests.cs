using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Reporting.Pages;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Reporting;

/// <summary>What a page holds, whatever the checkpoint is; how it looks is seen in a browser.</summary>
public sealed partial class ReportPageTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory();

    public static TheoryData<string> HostileNames => ReportTests.HostileNames;

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void NamesOfAFileAreNoMarkupAndNoScript(string name)
    {
        var tensor = FixtureTensor() with { Key = $"{name}.{name}", UnreadableReason = name };
        var checkpoint = FixtureCheckpoint() with
        {
            Format = name,
            FormatVersion = name,
            Tensors = [tensor, tensor with { Key = name, DType = name }],
            Values = new Dictionary<string, object?> { [name] = name, ["list"] = new object?[] { name, double.NaN, null } },
            Metadata = new Dictionary<string, string> { [name] = name },
            UnknownGlobals = [name],
        };
        var finding = new CheckpointFinding(FindingSeverity.Error, name, name, 1, name);
        string page = Write(new ReportContent
        {
            Verdict = Verdict(name, finding),
            Checkpoint = checkpoint,
            Statistics = [Figures(tensor)],
            Comparison = new ReportComparison(name, new ComparisonResult(
                [Difference(name, tensor)], [new CheckpointException(CheckpointErrorIds.Unsupported, name, name) { Record = name }])),
            Module = new ReportModule(name, 1, [finding with { Code = "ModuleKeyMissing" }]),
        });

        string data = Data(page);
        Assert.DoesNotContain(data, letter => letter is '<' or '>' or '&' or '\'' or '\u2028' or '\u202e' || char.IsControl(letter) || char.IsSurrogate(letter));
        Assert.Equal(2, Script().Count(page));
        Assert.Single(Title().Matches(page));
        using var json = JsonDocument.Parse(data);
        Assert.All(Strings(json.RootElement), text => Assert.True(DisplayText.IsHarmless(text), text));
        Assert.Equal(DisplayText.Name(name), json.RootElement.GetProperty("verdict").GetProperty("findings")[0].GetProperty("code").GetString());
    }

    [Fact]
    public void ThePolicyNamesTheScriptAndTheStyleOfThePageAndNothingElse()
    {
        string page = Write(Content("values.pt"));

        string policy = System.Net.WebUtility.HtmlDecode(Policy().Match(page).Groups[1].Value);
        Assert.Equal(
            $"default-src 'none'; script-src {Digest(Between(page, "<script>", "</script>\n</body>"))}; style-src {Digest(Between(page, "<style>", "</style>"))}; "
            + "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            policy);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSameContentGivesTheSameBytesAndNoDirectory()
    {
        string first = Write(Content("training.pt"));
        string second = Write(Content("training.pt"));

        Assert.Equal(first, second);
        Assert.DoesNotContain(FixtureFiles.Directory, first, StringComparison.Ordinal);
    }

    [Fact]
    public void TiedTensorsCountOnceAndPlainValuesAreTold()
    {
        using var json = JsonDocument.Parse(Data(Write(Content("training.pt"))));
        var root = json.RootElement;

        Assert.Equal("training.pt", root.GetProperty("about").GetProperty("name").GetString());
        Assert.Contains("Epoch", root.GetProperty("facts").EnumerateArray().Select(fact => fact[0].GetString()));

        using var shared = JsonDocument.Parse(Data(Write(Content("parameters.pt"))));
        Assert.Equal(
            shared.RootElement.GetProperty("about").GetProperty("tensors").GetInt32(),
            shared.RootElement.GetProperty("tensors").GetProperty("name").GetArrayLength());
    }

    [Theory]
    [InlineData("empty-and-zero-dim.pt")]
    [InlineData("dtypes.pt")]
    [InlineData("sparse.pt")]
    [InlineData("quantized.pt")]
    [InlineData("values.pt")]
    [InlineData("meta.pt")]
    [InlineData("unsafe_os_system.pt")]
    [InlineData("dcp")]
    public void EveryKindOfCheckpointHasAPageWithFigures(string name)
    {
        var content = Content(name);
        var scan = new StatisticsScan(content.Checkpoint!, content.Checkpoint!.Tensors) { BinCount = ReportPage.BinCount };
        using var json = JsonDocument.Parse(Data(Write(content with { Statistics = [.. scan.Run(null, TestContext.Current.CancellationToken)] })));

        int count = json.RootElement.GetProperty("tensors").GetProperty("name").GetArrayLength();
        var statistics = json.RootElement.GetProperty("statistics");
        Assert.Equal(content.Checkpoint!.Tensors.Count, count);
        Assert.Equal(count, statistics.GetProperty("mean").GetArrayLength());
        Assert.Equal(count, statistics.GetProperty("histogram").GetArrayLength());
    }

    [Fact]
    public void NumbersThatJsonHasNoneForAreNames()
    {
        var tensor = FixtureTensor();
        var figures = Figures(tensor) with { Mean = double.NaN, Maximum = double.PositiveInfinity, L2Norm = double.MaxValue, Minimum = -0.0 };
        using var json = JsonDocument.Parse(Data(Write(Content("values.pt") with { Checkpoint = FixtureCheckpoint() with { Tensors = [tensor] }, Statistics = [figures] })));

        var statistics = json.RootElement.GetProperty("statistics");
        Assert.Equal("NaN", statistics.GetProperty("mean")[0].GetString());
        Assert.Equal("Infinity", statistics.GetProperty("maximum")[0].GetString());
        Assert.Equal(1.79769e308, statistics.GetProperty("norm")[0].GetDouble());
    }

    [Fact]
    public void ABinWithAnythingInItIsNeverAsLowAsAnEmptyOne()
    {
        var tensor = FixtureTensor();
        var figures = Figures(tensor) with { Histogram = new TensorHistogram { Edges = [0, 1, 2, 3], Counts = [1_000_000, 0, 1] } };
        using var json = JsonDocument.Parse(Data(Write(Content("values.pt") with { Checkpoint = FixtureCheckpoint() with { Tensors = [tensor] }, Statistics = [figures] })));

        Assert.Equal("_AB", json.RootElement.GetProperty("statistics").GetProperty("histogram")[0].GetString());
    }

    [Fact]
    public void ACheckpointThatCannotBeListedHasItsVerdict()
    {
        string path = FixtureFiles.PathOf("bad-truncated-zip.pt");
        using var json = JsonDocument.Parse(Data(Write(new ReportContent { Verdict = CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken) })));

        Assert.False(json.RootElement.GetProperty("verdict").GetProperty("passed").GetBoolean());
        Assert.Equal("CheckpointTruncated", json.RootElement.GetProperty("verdict").GetProperty("findings")[0].GetProperty("code").GetString());
        Assert.Equal(0, json.RootElement.GetProperty("tensors").GetProperty("name").GetArrayLength());
    }

    [Fact]
    public void WhatIsStoppedLeavesNoFile()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => ReportPage.Write(Path.Combine(directory.FullName, "page.html"), Content("values.pt"), stopped.Token));
        Assert.Empty(directory.EnumerateFileSystemInfos());
    }

    private static ReportContent Content(string name)
    {
        string path = FixtureFiles.PathOf(name);
        return new ReportContent { Verdict = CheckpointVerifier.Verify(path), Checkpoint = Checkpoint.Open(path, TestContext.Current.CancellationToken) };
    }

    private static Checkpoint FixtureCheckpoint() => Checkpoint.Open(FixtureFiles.PathOf("state-dict.pt"), TestContext.Current.CancellationToken);

    private static TensorInfo FixtureTensor() => FixtureCheckpoint().Tensors[0];

    private static CheckpointVerdict Verdict(string path, params CheckpointFinding[] findings) => new()
    {
        Path = path,
        Format = path,
        Level = path,
        Findings = findings,
        TensorCount = 1,
        BytesRead = 1,
        Duration = TimeSpan.Zero,
    };

    private static TensorStatistics Figures(TensorInfo tensor) => new()
    {
        Key = tensor.Key,
        DType = tensor.DType,
        Shape = tensor.Shape,
        ElementCount = tensor.ElementCount,
        Health = ["</script>"],
        Path = tensor.Path,
        Checkpoint = tensor.Checkpoint,
    };

    private static CheckpointDifference Difference(string name, TensorInfo tensor) => new()
    {
        Key = name,
        Change = CheckpointChange.Value,
        DifferenceKey = name,
        Reference = name,
        Difference = tensor,
        ReferencePath = name,
        DifferencePath = name,
    };

    private string Write(ReportContent content)
    {
        string path = Path.Combine(directory.FullName, "page.html");
        ReportPage.Write(path, content, TestContext.Current.CancellationToken);
        return File.ReadAllText(path);
    }

    private static string Data(string page) => Between(page, "<script type=\"application/json\" id=\"data\">", "</script>");

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static string Digest(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value)),
        _ => [],
    };

    [GeneratedRegex("<script[ >]", RegexOptions.IgnoreCase)]
    private static partial Regex Script();

    [GeneratedRegex("<title>[^<]*</title>")]
    private static partial Regex Title();

    [GeneratedRegex("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex Policy();
}
