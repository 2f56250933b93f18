using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>
/// SARIF 2.1.0 with what code scanning of GitHub asks for. The rules come behind the results, since only then it is known
/// which there are.
/// </summary>
internal sealed class SarifWriter : IVerdictWriter
{
    public const string Schema = "https://json.schemastore.org/sarif-2.1.0.json";

    /// <summary>GitHub takes no more in one run; what is more goes into another.</summary>
    private const int MaxResults = 25_000;

    private readonly Utf8JsonWriter writer;
    private readonly ReportPaths paths;
    private readonly Dictionary<string, int> rules = new(StringComparer.Ordinal);
    private int results;
    private int runs;

    public SarifWriter(Stream stream, ReportPaths paths)
    {
        this.paths = paths;
        writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        writer.WriteStartObject();
        writer.WriteString("$schema", Schema);
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        StartRun();
    }

    public void Add(CheckpointVerdict verdict)
    {
        foreach (var finding in verdict.Findings)
        {
            if (results == MaxResults)
            {
                EndRun();
                StartRun();
            }

            WriteResult(verdict, finding);
            results++;
            if (writer.BytesPending > 1 << 16)
            {
                writer.Flush();
            }
        }
    }

    public void Complete()
    {
        EndRun();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
    }

    public void Dispose() => writer.Dispose();

    private void StartRun()
    {
        rules.Clear();
        results = 0;
        writer.WriteStartObject();
        writer.WriteString("columnKind", "utf16CodeUnits");
        writer.WriteStartObject("automationDetails");
        writer.WriteString("id", $"LowMem/{++runs}");
        writer.WriteEndObject();
        writer.WriteStartArray("invocations");
        writer.WriteStartObject();
        writer.WriteBoolean("executionSuccessful", true);
        writer.WriteStartObject("workingDirectory");
        writer.WriteString("uri", paths.BaseUri);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartArray("results");
    }

    private void EndRun()
    {
        writer.WriteEndArray();
        SarifRules.WriteTool(writer, rules.OrderBy(rule => rule.Value).Select(rule => rule.Key));
        writer.WriteEndObject();
    }

    private void WriteResult(CheckpointVerdict verdict, CheckpointFinding finding)
    {
        string code = SarifRules.GetId(finding.Code);
        if (!rules.TryGetValue(code, out int index))
        {
            index = rules.Count;
            rules.Add(code, index);
        }

        string uri = paths.GetUri(verdict.Path);
        writer.WriteStartObject();
        writer.WriteString("ruleId", code);
        writer.WriteNumber("ruleIndex", index);
        writer.WriteString("level", SarifRules.GetLevel(finding.Severity));
        writer.WriteStartObject("message");
        writer.WriteString("text", DisplayText.Line(finding.Message) is { Length: > 0 } message ? message : code);
        writer.WriteEndObject();
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", uri);
        writer.WriteEndObject();
        // A checkpoint has no lines; code scanning shows nothing without one.
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", 1);
        writer.WriteNumber("startColumn", 1);
        writer.WriteNumber("endLine", 1);
        writer.WriteNumber("endColumn", 1);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("partialFingerprints");
        writer.WriteString("primaryLocationLineHash", GetFingerprint(uri, finding));
        writer.WriteEndObject();
        writer.WriteStartObject("properties");
        writer.WriteString("format", DisplayText.Line(verdict.Format));
        if (finding.Key is not null)
        {
            writer.WriteString("key", DisplayText.Line(finding.Key));
        }

        if (finding.Offset is { } offset)
        {
            writer.WriteNumber("offset", offset);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The same finding has the same one in every run, so that it is followed from one to the next.</summary>
    private static string GetFingerprint(string uri, CheckpointFinding finding) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{finding.Code}\0{uri}\0{finding.Key}\0{finding.Message}")).AsSpan(0, 16));
}
