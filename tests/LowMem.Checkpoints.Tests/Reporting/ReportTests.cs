using System.Text.Json;
using System.Xml.Linq;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Reporting;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification;
using NJsonSchema;

namespace LowMem.Checkpoints.Tests.Reporting;

/// <summary>Verdicts as other systems read them, whatever names and messages are in them.</summary>
public class ReportTests
{
    /// <summary>Names that mean something to a terminal, a parser, a spreadsheet or a page.</summary>
    public static TheoryData<string> HostileNames =>
    [
        "plain.pt", "a\u001b[31mb", "two\nlines", "nul\0", "\u202Egnp.pt", "half\ud800", "\uffff", "]]>", "<script>alert(1)</script>",
        "a|b", @"a\|b", "`code`", "[x](http://example.com)", "@everyone", "www.example.com", "=1+1", " +cmd", "-2", "\t=1", "'quoted'", "\"", "a,b",
        "&amp;", "%41", "#frag?q", "../up", "C:\\x", "\u2028line", "\ud83d\ude00", "http://example.com", new string('x', 10_000),
    ];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task SarifIsValidAgainstItsSchemaWhateverTheNames(string name)
    {
        string text = Write(VerdictFormat.Sarif, [Verdict(name, FindingSeverity.Error), Verdict(name, FindingSeverity.Warning), Verdict(name)]);
        var schema = await Schema.Value;
        Assert.Empty(schema.Validate(text));

        using var document = JsonDocument.Parse(text);
        var run = document.RootElement.GetProperty("runs")[0];
        var result = run.GetProperty("results")[0];
        Assert.Equal(2, run.GetProperty("results").GetArrayLength());
        Assert.Equal("UnsafeGlobal", result.GetProperty("ruleId").GetString());
        Assert.Equal("error", result.GetProperty("level").GetString());
        string uri = result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!;
        Assert.True(Uri.IsWellFormedUriString(uri, UriKind.RelativeOrAbsolute), uri[..Math.Min(uri.Length, 100)]);
        Assert.All(Strings(document.RootElement), AssertShown);
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void JUnitIsSoundXmlWhateverTheNames(string name)
    {
        var root = XDocument.Parse(Write(VerdictFormat.JUnit, [Verdict(name, FindingSeverity.Error), Verdict(name)])).Root!;
        Assert.Equal("testsuites", root.Name.LocalName);
        Assert.Equal(["1", "0"], root.Elements("testsuite").Select(suite => suite.Attribute("failures")!.Value));
        var failure = root.Descendants("failure").Single();
        Assert.Equal("UnsafeGlobal", failure.Attribute("type")!.Value);
        Assert.All(root.Descendants().Attributes(), attribute => AssertShown(attribute.Value));
        Assert.Equal(2, root.Descendants("testcase").Count());
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void MarkdownHasOneRowOfThreeCellsAndNothingThatIsNotOurs(string name)
    {
        string text = Write(VerdictFormat.Markdown, [Verdict(name, FindingSeverity.Error), Verdict(name)]);
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(7, lines.Length);
        Assert.Equal(4, lines[4].Count(character => character == '|'));
        string without = lines[4].Replace("<code>", null, StringComparison.Ordinal).Replace("</code>", null, StringComparison.Ordinal);
        Assert.DoesNotContain(without, character => character is '<' or '>' or '`' or '[' or '@' or '\\' or '_');
        Assert.Equal("2 checkpoints: 1 passed, 1 failed.", lines[6]);
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void CsvHasNoFormulaAndOneLineForEachFinding(string name)
    {
        string text = Write(VerdictFormat.Csv, [Verdict(name, FindingSeverity.Error), Verdict(name)]);
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        foreach (string field in lines.Skip(1).SelectMany(Fields))
        {
            Assert.False(field.TrimStart() is ['=' or '+' or '-' or '@', ..], field);
            AssertShown(field);
        }

        Assert.Equal(12, Fields(lines[1]).Count());
    }

    [Fact]
    public async Task MoreResultsThanARunMayHaveBeginAnother()
    {
        var findings = Enumerable.Range(0, 25_001)
            .Select(i => new CheckpointFinding(FindingSeverity.Warning, FindingCodes.AllZero, $"k{i}", null, "m")).ToArray();
        string text = Write(VerdictFormat.Sarif, [Verdict("a.pt") with { Findings = findings }]);
        using var document = JsonDocument.Parse(text);
        Assert.Equal(
            [25_000, 1],
            document.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("results").GetArrayLength()));
        Assert.NotNull(await Schema.Value);
    }

    [Fact]
    public async Task AReportOfNothingIsValid()
    {
        Assert.Empty((await Schema.Value).Validate(Write(VerdictFormat.Sarif, [])));
        Assert.Empty(XDocument.Parse(Write(VerdictFormat.JUnit, [])).Root!.Elements());
        Assert.Contains("0 checkpoints: 0 passed, 0 failed.", Write(VerdictFormat.Markdown, []));
    }

    [Fact]
    public void WhatLiesBelowTheBaseIsNamedRelativeToIt()
    {
        using var document = JsonDocument.Parse(Write(VerdictFormat.Sarif, [Verdict("sub dir/a.pt", FindingSeverity.Error)]));
        Assert.Equal("sub%20dir/a.pt", document.RootElement.GetProperty("runs")[0].GetProperty("results")[0]
            .GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString());
    }

    [Fact]
    public void AReportThatWasGivenUpLeavesTheOldFileAndNoOther()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("out.xml", [1]);
        using (var report = VerdictReport.Create(Path.Combine(directory.Path, "out.xml"), VerdictFormat.JUnit, directory.Path))
        {
            report.Add(Verdict("a.pt"));
        }

        string only = Assert.Single(Directory.GetFiles(directory.Path));
        Assert.Equal([1], File.ReadAllBytes(only));
    }

    private static readonly Lazy<Task<JsonSchema>> Schema = new(() => JsonSchema.FromFileAsync(
        Path.Combine(FixtureFiles.Directory, "sarif", "sarif-2.1.0-rtm.5.json"), TestContext.Current.CancellationToken));

    private static CheckpointVerdict Verdict(string name, FindingSeverity? severity = null) => new()
    {
        Path = "/base/" + name,
        Format = "PyTorchZip",
        Level = "Structure",
        Findings = severity is { } some ? [new CheckpointFinding(some, FindingCodes.UnsafeGlobal, name, 7, name)] : [],
        TensorCount = 1,
        BytesRead = 2,
        Duration = TimeSpan.FromSeconds(1.5),
    };

    private static string Write(VerdictFormat format, IEnumerable<CheckpointVerdict> verdicts)
    {
        using var directory = new CheckpointDirectory();
        string path = Path.Combine(directory.Path, "out");
        using (var report = VerdictReport.Create(path, format, "/base"))
        {
            foreach (var verdict in verdicts)
            {
                report.Add(verdict);
            }

            report.Complete();
        }

        return File.ReadAllText(path);
    }

    private static IEnumerable<string> Strings(JsonElement root)
    {
        var waiting = new Stack<JsonElement>([root]);
        while (waiting.TryPop(out var element))
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var member in element.EnumerateObject())
                    {
                        waiting.Push(member.Value);
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                    {
                        waiting.Push(item);
                    }

                    break;
                case JsonValueKind.String:
                    yield return element.GetString()!;
                    break;
            }
        }
    }

    private static IEnumerable<string> Fields(string line)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || (line[i] == ',' && !quoted))
            {
                yield return line[start..i].Trim('"');
                start = i + 1;
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
        }
    }

    private static void AssertShown(string text) => Assert.DoesNotContain(
        text, character => char.IsControl(character) || character is '\u202e' or '\u2028' or '\uffff');
}
