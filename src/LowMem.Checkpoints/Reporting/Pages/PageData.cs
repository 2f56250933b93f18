using System.Text.Encodings.Web;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>The data of a page as JSON in which no character means anything to HTML.</summary>
internal static class PageData
{
    private const int MostFindings = 1000;
    private const int MostValues = 2000;
    private const int MostGlobals = 200;

    public static void Write(Stream stream, ReportContent content, CancellationToken cancellationToken)
    {
        // The default encoder writes '<', '>', '&' and quotes as \u003c and so on.
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default });
        var tensors = new PageTensors(content.Checkpoint);
        writer.WriteStartObject();
        WriteAbout(writer, content);
        WriteVerdict(writer, content);
        WriteValues(writer, content.Checkpoint);
        tensors.Write(writer, cancellationToken);
        if (content.Statistics is not null)
        {
            PageStatistics.Write(writer, tensors, content.Statistics, cancellationToken);
        }

        if (content.Comparison is not null)
        {
            PageDifferences.Write(writer, tensors, content.Verdict.Path, content.Comparison, cancellationToken);
        }

        if (content.Module is { } module)
        {
            writer.WriteStartObject("module");
            writer.WriteString("name", DisplayText.Name(module.Name));
            writer.WriteNumber("parameters", module.ParameterCount);
            WriteFindings(writer, module.Findings);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteAbout(Utf8JsonWriter writer, ReportContent content)
    {
        writer.WriteStartObject("about");
        writer.WriteString("name", PageNames.Leaf(content.Verdict.Path));
        writer.WriteString("format", DisplayText.Name(content.Verdict.Format));
        if (content.Checkpoint?.GetSummary() is { } summary)
        {
            writer.WriteString("formatVersion", summary.FormatVersion is null ? null : DisplayText.Name(summary.FormatVersion));
            writer.WriteNumber("tensors", summary.TensorCount);
            writer.WriteNumber("parameters", summary.ParameterCount);
            writer.WriteNumber("bytes", summary.ByteLength);
            writer.WriteNumber("fileBytes", summary.FileLength);
            writer.WriteNumber("shards", summary.ShardCount);
            writer.WriteNumber("fileCount", content.Checkpoint.Files.Count);
            WriteNames(writer, "unsafe", summary.UnsafeGlobals);
            WriteNames(writer, "unknown", summary.UnknownGlobals);
            writer.WriteNumber("globals", summary.Globals.Count);
        }

        writer.WriteEndObject();
    }

    private static void WriteVerdict(Utf8JsonWriter writer, ReportContent content)
    {
        var verdict = content.Verdict;
        var elsewhere = content.Module?.Findings.ToHashSet() ?? [];
        writer.WriteStartObject("verdict");
        writer.WriteBoolean("passed", verdict.Passed);
        writer.WriteString("level", DisplayText.Name(verdict.Level));
        writer.WriteNumber("errors", verdict.Errors);
        writer.WriteNumber("warnings", verdict.Warnings);
        if (verdict.WeightsOnly is { } weightsOnly)
        {
            writer.WriteBoolean("weightsOnly", weightsOnly);
        }

        WriteFindings(writer, [.. verdict.Findings.Where(finding => !elsewhere.Contains(finding))]);
        writer.WriteEndObject();
    }

    private static void WriteFindings(Utf8JsonWriter writer, IReadOnlyList<CheckpointFinding> findings)
    {
        writer.WriteList("findings", findings.Take(MostFindings), finding =>
        {
            writer.WriteStartObject();
            writer.WriteString("severity", finding.Severity.ToString());
            writer.WriteString("code", DisplayText.Name(finding.Code));
            writer.WriteString("key", finding.Key is null ? null : DisplayText.Name(finding.Key));
            writer.WriteString("message", finding.Message);
            writer.WriteEndObject();
        });
        writer.WriteNumber("moreFindings", Math.Max(0, findings.Count - MostFindings));
    }

    private static void WriteValues(Utf8JsonWriter writer, Checkpoint? checkpoint)
    {
        var facts = PageFacts.Find(checkpoint);
        writer.WriteList("facts", facts, fact => WritePair(fact.Label, fact.Value));
        writer.WriteList("values", checkpoint?.Values.Take(MostValues) ?? [], pair => WritePair(pair.Key, PageValueText.Of(pair.Value)));
        writer.WriteNumber("moreValues", Math.Max(0, (checkpoint?.Values.Count ?? 0) - MostValues));
        writer.WriteList("metadata", checkpoint?.Metadata.Take(MostValues) ?? [], pair => WritePair(pair.Key, pair.Value));

        void WritePair(string key, string value)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(DisplayText.Name(key));
            writer.WriteStringValue(DisplayText.Name(value));
            writer.WriteEndArray();
        }
    }

    private static void WriteNames(Utf8JsonWriter writer, string name, IReadOnlyList<string> names) =>
        writer.WriteList(name, names.Take(MostGlobals), global => writer.WriteStringValue(DisplayText.Name(global)));
}
